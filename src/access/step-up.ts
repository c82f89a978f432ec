import type { Principal } from '../tokens/principal.ts'

/** How and when a user must have logged in (RFC 9470). */
export interface AuthenticationRequirements {
  /**
   * Values of `acr` (OpenID Connect Core §2) of which the token must have one. They are compared exactly,
   * and have no order but that of preference, for the challenge.
   */
  readonly acr?: readonly string[]
  /** The seconds since the login that are allowed. The clock tolerance is added. */
  readonly maxAge?: number
}

/** What the age of a login is measured with. */
export interface AuthenticationClock {
  /** Milliseconds since the epoch. It is not called for a route that does not need it. */
  readonly now: () => number
  /** In seconds. */
  readonly clockTolerance: number
}

/** How the user of a token logged in. */
export type Authentication = Pick<Principal, 'acr' | 'authTime'>

/**
 * Checks whether a login is strong and recent enough (RFC 9470 §4). A claim that the token lacks never
 * meets a requirement.
 */
export function checkAuthentication(
  authentication: Authentication,
  { acr, maxAge }: AuthenticationRequirements,
  clock: AuthenticationClock,
): 'authentication_insufficient' | undefined {
  const isMet =
    (acr === undefined || isStrongEnough(authentication, acr)) &&
    (maxAge === undefined || isRecentEnough(authentication, maxAge, clock))
  return isMet ? undefined : 'authentication_insufficient'
}

/** Whether `acr` is one of the accepted values. */
export function isStrongEnough({ acr }: Authentication, accepted: readonly string[]): boolean {
  return acr !== undefined && accepted.includes(acr)
}

/**
 * Whether the login is at most as old as allowed, and not in the future.
 *
 * @param maxAge in seconds
 */
export function isRecentEnough(
  { authTime }: Authentication,
  maxAge: number,
  { now, clockTolerance }: AuthenticationClock,
): boolean {
  if (authTime === undefined) return false
  const age = now() / 1000 - authTime
  return age <= maxAge + clockTolerance && age >= -clockTolerance
}

/** Whether a route requires more of a login than that there was one. */
export function requiresStepUp({ acr, maxAge }: AuthenticationRequirements): boolean {
  return acr !== undefined || maxAge !== undefined
}

/** The parameters of a challenge by which a client requests another login (RFC 9470 §3). */
export function authenticationParameters({ acr, maxAge }: AuthenticationRequirements): string[] {
  return [
    ...(acr === undefined ? [] : [`acr_values="${acr.join(' ')}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ]
}

/** The requirements in words, such as `acr gold` and `a login at most 60 s ago`. */
export function authenticationInWords({ acr, maxAge }: AuthenticationRequirements): string[] {
  return [
    ...(acr === undefined ? [] : [`acr ${acr.join(' or ')}`]),
    ...(maxAge === undefined ? [] : [`a login at most ${maxAge} s ago`]),
  ]
}
