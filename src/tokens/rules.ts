import type { TokenErrorCode } from './errors.ts'
import type { DecodedToken } from './jws.ts'

/** What an access token of this API has to say. */
export interface Expectations {
  /** Exact value of `iss`, with its trailing slash. */
  readonly issuer: string
  /** The API identifier that `aud` contains. */
  readonly audience: string
  /** Signature algorithms allowed in `alg` (RFC 8725 §3.1): asymmetric ones only. */
  readonly algorithms: readonly string[]
  /** Clock skew allowed on `exp`, `nbf` and `iat`, in seconds. */
  readonly clockTolerance: number
}

/**
 * One thing that an access token is judged by.
 *
 * @param now seconds since the epoch
 * @returns the code of the failure, or undefined where the token passes
 */
export interface Rule {
  readonly name: string
  readonly judge: (
    token: DecodedToken,
    expected: Expectations,
    now: number,
  ) => TokenErrorCode | undefined
}

/** Types an access token may have in `typ`, in lower case (RFC 9068 §4, RFC 8725 §3.11). */
const ACCESS_TOKEN_TYPES: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt']

const header: Rule = {
  name: 'header',
  judge({ header: { alg, kid, typ, crit, b64 } }, { algorithms }) {
    if (crit !== undefined || b64 !== undefined) return 'header_extension'
    if (typeof alg !== 'string') return 'header_malformed'
    if (kid !== undefined && typeof kid !== 'string') return 'header_malformed'
    if (!algorithms.includes(alg)) return 'algorithm_not_allowed'
    const type = typeof typ === 'string' ? typ.toLowerCase() : typ
    return ACCESS_TOKEN_TYPES.includes(type) ? undefined : 'type_not_allowed'
  },
}

/** ID tokens (OpenID Connect Core §2, §3.3.2.11) and sender-constrained tokens (RFC 7800) are no bearer tokens. */
const kind: Rule = {
  name: 'kind',
  judge({ claims: { nonce, at_hash, c_hash, cnf } }) {
    if (nonce !== undefined || at_hash !== undefined || c_hash !== undefined) return 'id_token'
    return cnf === undefined ? undefined : 'token_bound'
  },
}

const issuer: Rule = {
  name: 'issuer',
  judge: ({ claims: { iss } }, expected) =>
    iss === expected.issuer ? undefined : 'issuer_mismatch',
}

const audience: Rule = {
  name: 'audience',
  judge({ claims: { aud } }, expected) {
    const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
    return audiences.includes(expected.audience) ? undefined : 'audience_mismatch'
  },
}

const times: Rule = {
  name: 'times',
  judge({ claims: { exp, nbf, iat } }, { clockTolerance }, now) {
    if (!isTime(exp) || !isTime(iat)) return 'time_claim_malformed'
    if (nbf !== undefined && !isTime(nbf)) return 'time_claim_malformed'
    if (hasExpired(exp, clockTolerance, now)) return 'token_expired'
    if (nbf !== undefined && nbf > now + clockTolerance) return 'token_not_yet_valid'
    return iat > now + clockTolerance ? 'token_issued_in_future' : undefined
  },
}

const subject: Rule = {
  name: 'subject',
  judge: ({ claims: { sub } }) =>
    typeof sub === 'string' && sub !== '' ? undefined : 'subject_missing',
}

const organization: Rule = {
  name: 'organization',
  judge: ({ claims: { org_id } }) =>
    org_id === undefined || typeof org_id === 'string' ? undefined : 'organization_malformed',
}

/** What is judged before the key is looked for, in the contract's order. */
export const RULES_BEFORE_SIGNATURE: readonly Rule[] = [header, kind, issuer, audience, times]

/** What is judged once the signature holds: the times again, since a key may have taken a while. */
export const RULES_AFTER_SIGNATURE: readonly Rule[] = [times, subject, organization]

/** Whether `exp` (seconds) has passed at `now` (seconds), the tolerance granted (RFC 7519 §4.1.4). */
export function hasExpired(exp: number, clockTolerance: number, now: number): boolean {
  return now >= exp + clockTolerance
}

/** A NumericDate (RFC 7519 §2). JSON can spell an infinite one (`1e999`): it is refused. */
export function isTime(value: unknown): value is number {
  return Number.isFinite(value)
}
