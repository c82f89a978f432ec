import type { RejectionCode } from '../access/challenge.ts'
import { scopeOf } from '../access/policy.ts'
import type { Expectations } from '../tokens/access-token-rules.ts'
import type { ProofErrorCode } from '../tokens/dpop/errors.ts'
import { type DecodedToken, decodeToken, type JsonObject } from '../tokens/jws.ts'
import {
  type ExplainedProof,
  isProofCode,
  isStoreCode,
  PROOF_ADVICE,
  proofAdvice,
  REPLAY_STORE_ADVICE,
} from './dpop/proof-advice.ts'
import type { ExplanationInput } from './explanation-input.ts'
import { introspectionAdvice } from './introspection/introspection-advice.ts'
import { audienceAdvice, issuerAdvice } from './issuer-and-audience-advice.ts'
import { organizationMissingAdvice, organizationUnknownAdvice } from './organization-advice.ts'
import { permissionAdvice } from './permission-advice.ts'
import { providerAdvice } from './provider-advice.ts'
import { authenticationAdvice } from './step-up/authentication-advice.ts'
import { expiryAdvice, futureAdvice } from './time-advice.ts'
import { detectTokenKind } from './token-kind.ts'

type ExplainedCode =
  | Exclude<RejectionCode, keyof typeof PROOF_ADVICE>
  | 'keys_unavailable'
  | 'introspection_unavailable'
  | typeof HOST_NOT_ALLOWED

/**
 * Explains in one or two sentences why a token was rejected and how to fix it, with the names of
 * Auth0's dashboard. The text contains nothing from the token, so it can be logged.
 *
 * @returns undefined for any other code
 */
export function adviceFor(code: string, input: ExplanationInput): string | undefined {
  const { proof } = input
  if (proof !== undefined && isFailureOf(proof, code)) return proofAdvice(code, proof)
  if (isProofCode(code)) return PROOF_ADVICE[code]
  if (isStoreCode(code)) return REPLAY_STORE_ADVICE[code]
  const special =
    introspectionAdvice(code, input) ??
    (input.provider === 'auth0' ? undefined : providerAdvice(code, input))
  if (special !== undefined) return special
  if (!Object.hasOwn(ADVICE, code)) return undefined
  return ADVICE[code as ExplainedCode](decodedOrEmpty(input.token), input)
}

function isFailureOf({ inspection }: ExplainedProof, code: string): code is ProofErrorCode {
  return inspection?.failures.some((failure) => failure === code) ?? false
}

/** The decoded token; empty if it cannot be decoded. */
export function decodedOrEmpty(token: string): DecodedToken {
  return decodeToken(token).value ?? { header: {}, claims: {} }
}

type Advise = (token: DecodedToken, input: ExplanationInput) => string

const NEW_TOKEN = 'Get a new access token from the tenant.'

/** What a response 421 has as its reason. */
export const HOST_NOT_ALLOWED = 'host_not_allowed'

const MALFORMED_HEADER =
  'The Authorization header must be the word Bearer, a space and one token. Check for an empty token, quotes or line breaks around it, a second Bearer, or a second header.'

const ADVICE: Readonly<Record<ExplainedCode, Advise>> = {
  credentials_missing: () =>
    'The request has no access token. Send it in the Authorization header with the scheme "Bearer".',
  authorization_malformed: () => MALFORMED_HEADER,
  token_too_large: () =>
    'Make the token smaller: remove custom claims that an Action adds (Actions → Library), or reduce the number of permissions.',
  token_malformed: (_token, input) => malformedAdvice(input),
  header_malformed: () => `No tenant issues tokens with such a header. ${NEW_TOKEN}`,
  header_extension: () => `No tenant issues tokens with crit or b64 in the header. ${NEW_TOKEN}`,
  algorithm_not_allowed: ({ header }, { expected }) => algorithmAdvice(header, expected),
  type_not_allowed: () =>
    'It is another kind of token, for example a logout token: see typ in its header, and events. Send the access_token from the response of the token endpoint.',
  id_token: () =>
    'It is an ID token, which tells the client who logged in. Send the access_token of the same response instead (getAccessTokenSilently or getTokenSilently in the SDKs).',
  claim_mismatch: () => `It lacks a claim that REQUIRED_CLAIMS names. ${NEW_TOKEN}`,
  token_bound: () =>
    'It is bound to a key of the client in a way that this server does not check: with mTLS, or with DPoP while DPOP is off. In Applications → APIs → (this API) → Settings, switch off sender constraining, or choose DPoP and allow it here (DPOP=allowed).',
  issuer_mismatch: ({ claims }, { issuers }) =>
    issuerAdvice(
      claims,
      issuers.map(({ issuer }) => issuer),
    ),
  audience_mismatch: ({ claims }, { expected }) => audienceAdvice(claims, expected),
  time_claim_malformed: () =>
    'The claims exp and iat are required. They and nbf must be numbers, in seconds since 1970. Check what the issuer of these tokens writes.',
  token_expired: ({ claims }, { now }) => expiryAdvice(claims, now),
  token_not_yet_valid: ({ claims }, { now, expected }) =>
    futureAdvice(claims['nbf'], now, expected),
  token_issued_in_future: ({ claims }, { now, expected }) =>
    futureAdvice(claims['iat'], now, expected),
  unknown_key: (_token, input) => unknownKeyAdvice(input),
  signature_invalid: () =>
    `The token was changed after it was signed, was not copied completely, or is forged. ${NEW_TOKEN}`,
  subject_missing: () =>
    'The claim sub is missing or empty. The tenant always writes it: check whether an Action or a proxy changes the token.',
  organization_malformed: () =>
    'The claim org_id is not a string. The tenant writes this claim, and no Action should.',
  organization_missing: ({ claims }, input) => organizationMissingAdvice(claims, input),
  organization_unknown: ({ claims }, { organizations }) =>
    organizationUnknownAdvice(claims, organizations),
  organization_not_admitted: () =>
    'Its organization is known, but this route or subdomain is for another one. Log in to that organization (organization=org_…), or use the right URL.',
  permission_missing: ({ claims }, { requirements }) =>
    permissionAdvice(claims, scopeOf(requirements)),
  scope_missing: (_token, { requirements: { scopes = [] } }) =>
    `The route requires the scope ${scopes.join(' ')}. Request it at login (scope=…), and allow it for the API under Applications → APIs → (this API) → Permissions.`,
  authentication_insufficient: authenticationAdvice,
  check_failed: () =>
    'The token is valid, and a check of this product did not allow the request: the log has its name. Such a check looks at the resource, for example at its owner.',
  token_inactive: () =>
    `The issuer says that it is not active: it expired, was revoked, or is not a token of this issuer. ${NEW_TOKEN}`,
  introspection_unavailable: () =>
    'The introspection endpoint of the issuer (INTROSPECTION_URL) does not say whether tokens are active, so the token cannot be verified. Run npm run doctor.',
  [HOST_NOT_ALLOWED]: () =>
    'The server does not answer at this host name, so it did not look at the token or the proof. Use the URL that clients call. If it is right, add its host name to ALLOWED_HOSTS; behind a proxy that changes Host, use the URL that the proxy calls.',
  keys_unavailable: (_token, { jwksUrl }) =>
    `The signing keys of the tenant at ${jwksUrl} are unavailable, so the token cannot be verified. Run npm run doctor.`,
}

function malformedAdvice({
  token,
  expected: {
    audiences: [audience],
  },
}: ExplanationInput): string {
  const request = `Request an access token with audience=${audience}`
  switch (detectTokenKind(token)) {
    case 'not_one_token':
      return MALFORMED_HEADER
    case 'placeholder':
      return 'It is not a token, but a word that stands for a missing value: the client sent the header before it had an access token.'
    case 'refresh':
      return 'It is a refresh token, which only the tenant accepts. Exchange it for an access token there, and send that.'
    case 'opaque':
    case 'encrypted_for_tenant':
      return `It is opaque: an access token that was requested without an audience, or a refresh token. ${request}.`
    case 'encrypted':
      return 'It is encrypted. In Applications → APIs → (this API) → Settings, switch off the encryption of access tokens (JWE).'
    case 'unsigned':
      return `It has no signature. ${request}.`
    default:
      return `It is damaged: copy the whole access token, and nothing else. If you received it like this: ${request}.`
  }
}

/** A server that fetched the keys a while ago may not know a key that is published now. */
function unknownKeyAdvice({ jwksUrl, keySet }: ExplanationInput): string {
  const causes =
    'the key was removed after a rotation, the token comes from another tenant, or it is forged'
  if (keySet === undefined || keySet.cooldown === 0) {
    return `Its key id is not in the key set at ${jwksUrl}: ${causes}. ${NEW_TOKEN}`
  }
  return `Its key id is not in the key set of ${jwksUrl} that the server fetched ${keySet.age} s ago. After a rotation, wait ${keySet.cooldown} s and send it again: only then does an unknown key id make the server fetch the key set (cooldown). If it is still rejected, ${causes}. ${NEW_TOKEN}`
}

function algorithmAdvice({ alg }: JsonObject, { algorithms }: Expectations): string {
  const allowed = algorithms.join(', ')
  if (alg === 'HS256') {
    return `It is signed with a shared secret (HS256). In Applications → APIs → (this API) → Settings, choose ${allowed} as its signing algorithm. If the dashboard does not allow this, create another API with ${allowed} and set AUTH0_AUDIENCE to its identifier.`
  }
  if (typeof alg === 'string' && /^none$/i.test(alg)) return `It is not signed. ${NEW_TOKEN}`
  return `This server accepts only ${allowed}. Choose it as the signing algorithm of the API, or allow another asymmetric algorithm in ACCESS_TOKEN_ALGORITHMS.`
}
