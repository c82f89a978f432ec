import { createSecretKey } from 'node:crypto'
import { ClientTokenError, type ClientTokenErrorCode } from './client-token-errors.ts'
import { TokenError, type TokenErrorCode } from './errors.ts'
import { decodeToken, type JsonObject } from './jws.ts'
import type { VerificationKey } from './keys/jwks.ts'
import type { SigningKeys } from './keys/remote-jwks.ts'
import { hasExpired, isTime } from './rules.ts'
import { verifySignature } from './verify-signature.ts'

/**
 * How the tenant signs for a client: with its own keys, or with the client's secret. One of them,
 * as the client is configured there: the token has no say in it (RFC 8725 §3.1).
 */
export type ClientTokenKey =
  | { readonly algorithm: 'RS256'; readonly keys: SigningKeys }
  | { readonly algorithm: 'HS256'; readonly secret: string }

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

/** What any signed token can fail with, under the same names. */
type SharedCode = Extract<TokenErrorCode, ClientTokenErrorCode>

/**
 * Reads a token that the tenant addresses to a client, and judges what all of its kinds share:
 * header, signature, issuer, audience, times.
 *
 * @param types what `typ` may be, in lower case
 * @returns the claims; `exp` and `iat` are finite numbers
 * @throws ClientTokenError; KeysUnavailableError where no verdict is possible now
 */
export async function readClientToken(
  token: string,
  types: readonly unknown[],
  expected: ClientTokenExpectations,
): Promise<JsonObject> {
  try {
    const decoded = decodeToken(token)
    if (typeof decoded === 'string') throw new ClientTokenError(decoded)
    const { header, claims } = decoded
    judge(judgeHeader(header, types, expected.key.algorithm))
    await verifySignature(token, header['alg'], await candidatesOf(header, expected.key))
    judge(judgeClaims(claims, expected))
    return claims
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new ClientTokenError(error.code as SharedCode)
  }
}

/** @throws ClientTokenError where there is a code */
export function judge(code: ClientTokenErrorCode | undefined): void {
  if (code !== undefined) throw new ClientTokenError(code)
}

function judgeHeader(
  { alg, kid, typ, crit, b64 }: JsonObject,
  types: readonly unknown[],
  algorithm: string,
): ClientTokenErrorCode | undefined {
  if (crit !== undefined || b64 !== undefined) return 'header_extension'
  if (kid !== undefined && typeof kid !== 'string') return 'header_malformed'
  if (alg !== algorithm) return 'algorithm_not_allowed'
  return types.includes(typeof typ === 'string' ? typ.toLowerCase() : typ)
    ? undefined
    : 'type_not_allowed'
}

/** The octets of the secret are the HMAC key (OpenID Connect Core §10.1). */
async function candidatesOf(
  header: JsonObject,
  key: ClientTokenKey,
): Promise<readonly VerificationKey[]> {
  if (key.algorithm === 'RS256') return key.keys.candidates(header)
  return [{ kid: undefined, algorithms: ['HS256'], key: createSecretKey(key.secret, 'utf8') }]
}

function judgeClaims(
  { iss, aud, azp, exp, nbf, iat }: JsonObject,
  { issuer, clientId, clockTolerance, now }: ClientTokenExpectations,
): ClientTokenErrorCode | undefined {
  if (iss !== issuer) return 'issuer_mismatch'
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(clientId)) return 'audience_mismatch'
  if (azp === undefined && audiences.length > 1) return 'authorized_party_missing'
  if (azp !== undefined && azp !== clientId) return 'authorized_party_mismatch'
  if (!isTime(exp) || !isTime(iat)) return 'time_claim_malformed'
  if (nbf !== undefined && !isTime(nbf)) return 'time_claim_malformed'
  const seconds = now() / 1000
  if (hasExpired(exp, clockTolerance, seconds)) return 'token_expired'
  if (nbf !== undefined && nbf > seconds + clockTolerance) return 'token_not_yet_valid'
  return iat > seconds + clockTolerance ? 'token_issued_in_future' : undefined
}
