import type { RejectionCode } from '../access/challenge.ts'
import type { Organizations } from '../access/organizations.ts'
import { permissionsOf, type Requirements } from '../access/policy.ts'
import type { Expectations } from '../tokens/access-token-rules.ts'
import { type DecodedToken, decodeToken, type JsonObject } from '../tokens/jws.ts'
import { organizationMissingAdvice, organizationUnknownAdvice } from './advice-on-organization.ts'
import { audienceAdvice, issuerAdvice } from './advice-on-origin.ts'
import { permissionAdvice } from './advice-on-permission.ts'
import { expiryAdvice, futureAdvice } from './advice-on-time.ts'
import { kindOfToken } from './kind-of-token.ts'

/** Everything that a refusal may have come from. */
export interface Situation {
  /** As it came; empty where none did. */
  readonly token: string
  readonly expected: Expectations
  /** The tenant's key set. */
  readonly jwksUrl: string
  readonly organizations: Organizations
  /** What the route asks for. */
  readonly requirements: Requirements
  /** The host that the call is for, without the port. */
  readonly host: string
  /** Seconds since the epoch. */
  readonly now: number
}

export type RefusalToExplain = RejectionCode | 'keys_unavailable'

/**
 * Says in a sentence or two what is behind a refusal and what to do about it, in the words of the
 * tenant's dashboard. It never holds a character of the token: it may be logged.
 *
 * @returns undefined for a code that is no refusal
 */
export function adviceOn(code: string, situation: Situation): string | undefined {
  if (!Object.hasOwn(ADVICE, code)) return undefined
  return ADVICE[code as RefusalToExplain](decodedOrEmpty(situation.token), situation)
}

/** A token taken apart, or without any content where it cannot be. */
export function decodedOrEmpty(token: string): DecodedToken {
  return decodeToken(token).value ?? { header: {}, claims: {} }
}

type Advise = (token: DecodedToken, situation: Situation) => string

const NEW_TOKEN = 'Get a new access token from the tenant.'

const ADVICE: Readonly<Record<RefusalToExplain, Advise>> = {
  credentials_missing: () =>
    'No access token came. Send it in the Authorization header, whose scheme is "Bearer".',
  authorization_malformed: () =>
    'The Authorization header takes the word Bearer, a space and one token. Look for a token that is empty, for quotes or line breaks around it, a second Bearer, or a second header.',
  token_too_large: () =>
    'Take what is large out of the token: custom claims that an Action adds (Actions → Library), or a long list of permissions.',
  token_malformed: (_token, situation) => malformedAdvice(situation),
  header_malformed: () => `No tenant signs tokens with such a header. ${NEW_TOKEN}`,
  header_extension: () => `No tenant signs tokens with crit or b64 in the header. ${NEW_TOKEN}`,
  algorithm_not_allowed: ({ header }, { expected }) => algorithmAdvice(header, expected),
  type_not_allowed: () =>
    'It is another kind of token (its typ says so), such as a logout token. Send the access_token that the token endpoint answered with.',
  id_token: () =>
    'It is an ID token: it tells the client who logged in. Send the access_token of the same answer instead (getAccessTokenSilently or getTokenSilently in the SDKs).',
  token_bound: () =>
    'It is bound to a key of the client (DPoP or mTLS), and this server cannot check the proof. In Applications → APIs → (this API) → Settings, switch sender constraining off.',
  issuer_mismatch: ({ claims }, { expected }) => issuerAdvice(claims, expected.issuer),
  audience_mismatch: ({ claims }, { expected }) => audienceAdvice(claims, expected),
  time_claim_malformed: () =>
    'The claims exp and iat have to be there, and like nbf be numbers of seconds since 1970: whoever signs these tokens writes milliseconds, text, or nothing.',
  token_expired: ({ claims }, { now }) => expiryAdvice(claims, now),
  token_not_yet_valid: ({ claims }, { now, expected }) =>
    futureAdvice(claims['nbf'], now, expected),
  token_issued_in_future: ({ claims }, { now, expected }) =>
    futureAdvice(claims['iat'], now, expected),
  unknown_key: (_token, { jwksUrl }) =>
    `Its key id is not among those at ${jwksUrl}: the key was withdrawn after a rotation, the token is of another tenant, or it is forged. ${NEW_TOKEN}`,
  signature_invalid: () =>
    `The token was changed after it was signed, was cut while it was copied, or is forged. ${NEW_TOKEN}`,
  subject_missing: () =>
    'The claim sub is missing or empty. The tenant always writes it: see what an Action or a proxy does to the token.',
  organization_malformed: () =>
    'The claim org_id is no text. The tenant writes it itself: no Action has to.',
  organization_missing: ({ claims }, situation) => organizationMissingAdvice(claims, situation),
  organization_unknown: ({ claims }, { organizations }) =>
    organizationUnknownAdvice(claims, organizations),
  organization_not_admitted: () =>
    'Its organization is known, but not the one that this route or subdomain is for. Log in to that organization (organization=org_…), or call the right address.',
  permission_missing: ({ claims }, { requirements }) =>
    permissionAdvice(claims, permissionsOf(requirements)),
  keys_unavailable: (_token, { jwksUrl }) =>
    `The keys of the tenant cannot be had at ${jwksUrl}, so nothing can be said of the token. Run npm run doctor.`,
}

function malformedAdvice({ token, expected: { audience } }: Situation): string {
  const ask = `Ask the tenant for an access token with audience=${audience}`
  switch (kindOfToken(token)) {
    case 'placeholder':
      return 'It is no token but a word that a program puts where it has none: the client sent its header before it had an access token.'
    case 'refresh':
      return 'It is a refresh token: it is for the tenant alone. Exchange it there for an access token, and send that.'
    case 'opaque':
    case 'encrypted_for_tenant':
      return `It is opaque: an access token that the client asked for without an audience (or a refresh token). ${ask}.`
    case 'encrypted':
      return 'It is encrypted. In Applications → APIs → (this API) → Settings, switch the encryption of access tokens (JWE) off.'
    case 'unsigned':
      return `It has no signature. ${ask}.`
    default:
      return `It is damaged: copy the whole access token, and nothing else. ${ask}, if it came so.`
  }
}

function algorithmAdvice({ alg }: JsonObject, { algorithms }: Expectations): string {
  const allowed = algorithms.join(', ')
  if (alg === 'HS256') {
    return `It is signed with a shared secret (HS256). In Applications → APIs → (this API) → Settings, choose ${allowed} as its signing algorithm; where the dashboard does not let you, create another API with it, and set AUTH0_AUDIENCE to its identifier.`
  }
  if (typeof alg === 'string' && /^none$/i.test(alg)) return `It is not signed at all. ${NEW_TOKEN}`
  return `Only ${allowed} is accepted here. Choose it as the API's signing algorithm, or allow another asymmetric one in ACCESS_TOKEN_ALGORITHMS.`
}
