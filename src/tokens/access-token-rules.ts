import { ownMember } from '../utils/json-pointer.ts'
import {
  checkAudience,
  checkHeader,
  checkIssuer,
  checkOrganization,
  checkSubject,
  checkTimes,
  LOGOUT_EVENT,
} from './claims.ts'
import type { TokenErrorCode } from './errors.ts'
import { type ClaimNames, claimAt, DEFAULT_CLAIMS, organizationIn } from './issuers/claim-names.ts'
import type { DecodedToken } from './jws.ts'
import { confirmationOf } from './principal.ts'

/** What an access token of this API must contain. */
export interface Expectations {
  /** Exact value of `iss`, with its trailing slash. */
  readonly issuer: string
  /** The identifiers of this API, of which `aud` contains one. The first is the main one. */
  readonly audiences: readonly [string, ...string[]]
  /** Signature algorithms allowed in `alg` (RFC 8725 §3.1): asymmetric ones only. */
  readonly algorithms: readonly string[]
  /** Clock skew allowed on `exp`, `nbf` and `iat`, in seconds. */
  readonly clockTolerance: number
  /** Whether a token may be bound to a key (RFC 9449). Its proof is checked with each request. */
  readonly boundTokens?: boolean
  /** Where its tokens have what is read from them; as at Auth0 by default. */
  readonly claims?: ClaimNames
  /** Claims with the exact text that an access token has in them, and other tokens of the issuer do not. */
  readonly requiredClaims?: readonly (readonly [name: string, value: string])[]
  /** Whether a token with `nonce` may be an access token, as at some older issuers. */
  readonly nonceAllowed?: boolean
}

/**
 * One check of an access token.
 *
 * @param now seconds since the epoch
 * @returns the code of the failure, or undefined where the token passes
 */
export interface Rule {
  readonly name: string
  readonly check: (
    token: DecodedToken,
    expected: Expectations,
    now: number,
  ) => TokenErrorCode | undefined
}

/** Where the tokens of an issuer have what is read from them. */
export function claimNamesOf({ claims = DEFAULT_CLAIMS }: Expectations): ClaimNames {
  return claims
}

/** Claims with the exact text that access tokens have in them. */
export function requiredClaimsOf({ requiredClaims = [] }: Expectations) {
  return requiredClaims
}

/** Types that an access token may have in `typ`, in lower case (RFC 9068 §4). */
const TYPES = [undefined, 'jwt', 'at+jwt', 'application/at+jwt']

const header: Rule = {
  name: 'header',
  check: ({ header }, { algorithms }) => checkHeader(header, algorithms, TYPES),
}

/**
 * The token is not an ID token (OpenID Connect Core §2, §3.3.2.11) or a logout token, and is not bound to
 * something that is not checked here (RFC 7800).
 */
const kind: Rule = {
  name: 'kind',
  check({ claims }, expected) {
    const { boundTokens = false, nonceAllowed = false } = expected
    const { nonce, at_hash, c_hash, cnf, events } = claims
    const hasNonce = nonce !== undefined && !nonceAllowed
    if (hasNonce || at_hash !== undefined || c_hash !== undefined) return 'id_token'
    if (ownMember(events, LOGOUT_EVENT) !== undefined) return 'type_not_allowed'
    const isOther = requiredClaimsOf(expected).some(
      ([name, value]) => claimAt(claims, name) !== value,
    )
    // The rule about the issuer rejects those of another one, whatever claims they have.
    if (isOther && checkIssuer(claims, expected.issuer) === undefined) return 'claim_mismatch'
    const isAccepted = cnf === undefined || (boundTokens && confirmationOf(cnf) !== undefined)
    return isAccepted ? undefined : 'token_bound'
  },
}

const issuer: Rule = {
  name: 'issuer',
  check: ({ claims }, expected) => checkIssuer(claims, expected.issuer),
}

const audience: Rule = {
  name: 'audience',
  check: ({ claims }, expected) =>
    checkAudience(claimAt(claims, claimNamesOf(expected).audience), expected.audiences),
}

const times: Rule = {
  name: 'times',
  check: ({ claims }, { clockTolerance }, now) => checkTimes(claims, clockTolerance, now),
}

const subject: Rule = {
  name: 'subject',
  check: ({ claims }, expected) => checkSubject(claimAt(claims, claimNamesOf(expected).subject)),
}

const organization: Rule = {
  name: 'organization',
  check: ({ claims }, expected) =>
    checkOrganization(organizationIn(claims, claimNamesOf(expected).organization)),
}

/** Checked for the tokens of all issuers. */
export const RULES_BEFORE_ISSUER: readonly Rule[] = [header, kind]

/** Checked before the key is looked up, in the contract's order. */
export const RULES_BEFORE_SIGNATURE: readonly Rule[] = [
  ...RULES_BEFORE_ISSUER,
  issuer,
  audience,
  times,
]

/** Checked after the signature. Times are checked again, since fetching a key may take seconds. */
export const RULES_AFTER_SIGNATURE: readonly Rule[] = [times, subject, organization]

/** Checked for the answer of an introspection, which has no JOSE header and no signature. */
export const RULES_OF_INTROSPECTION: readonly Rule[] = [
  kind,
  issuer,
  audience,
  times,
  subject,
  organization,
]

/** The code of the first rule that a token fails. */
export function firstFailure(
  rules: readonly Rule[],
  token: DecodedToken,
  expected: Expectations,
  now: number,
): TokenErrorCode | undefined {
  for (const rule of rules) {
    const code = rule.check(token, expected, now)
    if (code !== undefined) return code
  }
  return undefined
}
