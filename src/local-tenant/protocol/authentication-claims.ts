import { authenticationClaimNames } from '../directory/authentication.ts'
import type { Directory } from '../directory/directory.ts'
import type { Persona } from '../directory/records.ts'
import { OAuthError } from './oauth-error.ts'

/** How and when a persona logged in. */
export interface Login {
  /** Seconds since the epoch. */
  readonly authTime: number
  /** What the second factor gave; undefined without it. */
  readonly acr: string | undefined
}

/**
 * The value of `acr` that the second factor of a persona gives.
 *
 * @param wanted in order of preference; any by default
 * @returns the error `unmet_authentication_requirements` (RFC 9470 §5) if it cannot give one of them
 */
export function acrFor(
  { secondFactor = true }: Persona,
  { authentication: { acrValues } }: Directory,
  wanted: readonly string[] = acrValues,
): string | OAuthError {
  const acr = wanted.find((value) => acrValues.includes(value))
  if (acr !== undefined && secondFactor) return acr
  const problem = secondFactor
    ? `The second factor gives none of these acr_values, but ${acrValues.join(' or ')}.`
    : 'The user has no second factor.'
  return new OAuthError('unmet_authentication_requirements', problem)
}

/** The claims about a login in access tokens for an API. */
export function accessTokenClaimsOf(
  { acr, authTime }: Login,
  { authentication }: Directory,
  api: string,
): Record<string, unknown> {
  const names = authenticationClaimNames(authentication, api)
  if (names === undefined) return {}
  return { ...(acr !== undefined && { [names.acr]: acr }), [names.authTime]: authTime }
}

/**
 * The claims about a login in ID tokens. As at Auth0, `acr` and `amr` are only in those of a login that asked
 * for the second factor, and not in later ones.
 */
export function idTokenClaimsOf({ acr, authTime }: Login, isChallenged: boolean) {
  return { auth_time: authTime, ...(isChallenged && { acr, amr: ['mfa'] }) }
}
