import type { JsonObject } from './jws.ts'

/*
 * Checks that access, ID and logout tokens share. Each returns the code of its failure, or undefined
 * where the token passes.
 */

/** The JOSE header (RFC 7515 §4, RFC 8725 §3.1, §3.11). */
export function checkHeader(
  { alg, kid, typ, crit, b64 }: JsonObject,
  algorithms: readonly string[],
  /** In lower case; undefined where `typ` may be absent. */
  types: readonly (string | undefined)[],
) {
  if (crit !== undefined || b64 !== undefined) return 'header_extension'
  if (typeof alg !== 'string') return 'header_malformed'
  if (kid !== undefined && typeof kid !== 'string') return 'header_malformed'
  if (!algorithms.includes(alg)) return 'algorithm_not_allowed'
  const type = typeof typ === 'string' ? typ.toLowerCase() : typ
  return (types as readonly unknown[]).includes(type) ? undefined : 'type_not_allowed'
}

/** `iss`, compared exactly (RFC 7519 §4.1.1). */
export function checkIssuer({ iss }: JsonObject, issuer: string) {
  return iss === issuer ? undefined : 'issuer_mismatch'
}

/** `aud`, a string or an array of strings (RFC 7519 §4.1.3), which contains an accepted one. */
export function checkAudience(aud: unknown, accepted: readonly string[]) {
  const audiences = audiencesOf(aud)
  return accepted.some((one) => audiences.includes(one)) ? undefined : 'audience_mismatch'
}

/**
 * `exp`, `nbf` and `iat` (RFC 7519 §4.1.4 to §4.1.6), of which `nbf` may be absent.
 *
 * @param clockTolerance seconds
 * @param now seconds since the epoch
 */
export function checkTimes({ exp, nbf, iat }: JsonObject, clockTolerance: number, now: number) {
  if (!isNumericDate(exp) || !isNumericDate(iat)) return 'time_claim_malformed'
  if (nbf !== undefined && !isNumericDate(nbf)) return 'time_claim_malformed'
  if (hasExpired(exp, clockTolerance, now)) return 'token_expired'
  if (nbf !== undefined && nbf > now + clockTolerance) return 'token_not_yet_valid'
  return iat > now + clockTolerance ? 'token_issued_in_future' : undefined
}

/** `sub`, a string that is not empty (RFC 7519 §4.1.2). */
export function checkSubject(sub: unknown) {
  return isText(sub) ? undefined : 'subject_missing'
}

/** The organization, such as Auth0's `org_id`: a string, where it is present. */
export function checkOrganization(id: unknown) {
  return id === undefined || typeof id === 'string' ? undefined : 'organization_malformed'
}

/** The members of `aud`, whose types are not known yet. */
export function audiencesOf(aud: unknown): readonly unknown[] {
  return Array.isArray(aud) ? aud : [aud]
}

/** Whether `exp` (seconds) has passed at `now` (seconds), less the tolerance (RFC 7519 §4.1.4). */
export function hasExpired(exp: number, clockTolerance: number, now: number): boolean {
  return now >= exp + clockTolerance
}

/** A NumericDate (RFC 7519 §2). JSON can express an infinite one (`1e999`), which is rejected. */
export function isNumericDate(value: unknown): value is number {
  return Number.isFinite(value)
}

/** The member of `events` that a logout token has (OpenID Connect Back-Channel Logout §2.4). */
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
