import { createSecretKey } from 'node:crypto'
import { audiencesOf, checkAudience, checkHeader, checkIssuer, checkTimes } from './claims.ts'
import type { TokenErrorCode } from './errors.ts'
import { decodeToken, type JsonObject } from './jws.ts'
import type { VerificationKey } from './keys/jwks.ts'
import type { VerificationKeys } from './keys/remote-jwks.ts'
import type { Result } from './result.ts'
import { verifySignature } from './verify-signature.ts'

/**
 * The largest token for a client that is decoded. It comes in a body, so that the limit of headers does
 * not apply, and the session store keeps it.
 */
const MAX_CLIENT_TOKEN_BYTES = 64 * 1024

/**
 * How the tenant signs for a client: with its own keys, or with the client's secret. The client's
 * configuration at the tenant decides, never the token (RFC 8725 §3.1).
 */
export type ClientTokenKey =
  | { readonly algorithm: 'RS256'; readonly keys: VerificationKeys }
  | { readonly algorithm: 'HS256'; readonly secrets: readonly string[] }

export interface ClientTokenExpectations {
  /** Exact value of `iss`, with its trailing slash. */
  readonly issuer: string
  readonly clientId: string
  readonly key: ClientTokenKey
  /** Clock skew allowed on `exp`, `iat` and `auth_time`, in seconds. */
  readonly clockTolerance: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Why a token for a client (ID token or logout token) is rejected. */
export type ClientTokenErrorCode =
  | Exclude<TokenErrorCode, 'id_token' | 'token_bound'>
  | 'authorized_party_missing'
  | 'authorized_party_mismatch'
  | 'nonce_mismatch'
  | 'subject_mismatch'
  | 'nonce_present'
  | 'login_too_old'
  | 'organization_mismatch'
  | 'session_malformed'
  | 'event_missing'
  | 'identifier_missing'

/**
 * Verifies what every token for a client has in common: header, signature, issuer, audience, times.
 *
 * @param types what `typ` may be, in lower case
 * @returns the claims, of which `exp` and `iat` are finite numbers
 * @throws KeysUnavailableError where the token can be neither accepted nor rejected now
 */
export async function verifyClientToken(
  token: string,
  types: readonly (string | undefined)[],
  expected: ClientTokenExpectations,
): Promise<Result<JsonObject, ClientTokenErrorCode>> {
  const { value: decoded, code: structure } = decodeToken(token, MAX_CLIENT_TOKEN_BYTES)
  if (structure !== undefined) return { code: structure }
  const { header, claims } = decoded
  const headerFailure = checkHeader(header, [expected.key.algorithm], types)
  if (headerFailure !== undefined) return { code: headerFailure }
  const keys = await keysFor(header, expected.key)
  if (keys.length === 0) return { code: 'unknown_key' }
  const key = await verifySignature(token, header['alg'], keys)
  if (key === undefined) return { code: 'signature_invalid' }
  const code = checkClaims(claims, expected)
  return code === undefined ? { value: claims } : { code }
}

/** The octets of the secret are the HMAC key (OpenID Connect Core §10.1). */
async function keysFor(
  header: JsonObject,
  key: ClientTokenKey,
): Promise<readonly VerificationKey[]> {
  if (key.algorithm === 'RS256') return key.keys.keysFor(header)
  return key.secrets.map((secret) => ({
    kid: undefined,
    algorithms: ['HS256'],
    key: createSecretKey(secret, 'utf8'),
  }))
}

function checkClaims(
  claims: JsonObject,
  { issuer, clientId, clockTolerance, now }: ClientTokenExpectations,
): ClientTokenErrorCode | undefined {
  return (
    checkIssuer(claims, issuer) ??
    checkAudience(claims['aud'], [clientId]) ??
    checkAuthorizedParty(claims, clientId) ??
    checkTimes(claims, clockTolerance, now() / 1000)
  )
}

/** `azp` (OpenID Connect Core §2). */
function checkAuthorizedParty({ aud, azp }: JsonObject, clientId: string) {
  if (azp === undefined) {
    return audiencesOf(aud).length > 1 ? 'authorized_party_missing' : undefined
  }
  return azp === clientId ? undefined : 'authorized_party_mismatch'
}
