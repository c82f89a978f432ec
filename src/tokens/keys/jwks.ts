import {
  type AsymmetricKeyDetails,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { isJsonObject, type JsonObject } from '../jws.ts'

/** A public key of the tenant, ready to verify with. */
export interface VerificationKey {
  readonly kid: string | undefined
  /** The allowed algorithms that this key fits. */
  readonly algorithms: readonly string[]
  readonly key: KeyObject
}

/** A member of the key set that is ignored, and why. */
export interface UnusableKey {
  readonly kid: string | undefined
  readonly reason: string
}

export interface ParsedJwks {
  readonly keys: readonly VerificationKey[]
  readonly unusable: readonly UnusableKey[]
}

/** The asymmetric signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864), and the key each needs. */
const KEY_OF_ALGORITHM: Readonly<Record<string, string>> = {
  RS256: 'RSA',
  RS384: 'RSA',
  RS512: 'RSA',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  ES256: 'EC P-256',
  ES384: 'EC P-384',
  ES512: 'EC P-521',
  EdDSA: 'OKP Ed25519',
  Ed25519: 'OKP Ed25519',
}

/** The algorithms that can be allowed: never `none`, never HMAC (RFC 8725 §3.2). */
export const ASYMMETRIC_ALGORITHMS: readonly string[] = Object.keys(KEY_OF_ALGORITHM)

/**
 * Parses the keys of a JWK Set (RFC 7517 §5). Unusable keys are left out one by one and do not affect
 * the others: those for another purpose, private or symmetric ones, RSA keys under 2048 bits or with
 * an exponent under 3 (RFC 7518 §3.3), malformed ones.
 *
 * @param algorithms the signature algorithms that are allowed
 */
export function parseJwks(jwks: readonly unknown[], algorithms: readonly string[]): ParsedJwks {
  const keys: VerificationKey[] = []
  const unusable: UnusableKey[] = []
  for (const jwk of jwks) {
    const kid = isJsonObject(jwk) && typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined
    const result = parseKey(jwk, algorithms)
    if (typeof result === 'string') unusable.push({ kid, reason: result })
    else keys.push({ kid, ...result })
  }
  return { keys, unusable }
}

/**
 * The keys that may have signed a token: those of its `kid`, or all that fit where it names none
 * (RFC 7515 §4.1.4 and appendix D). Several may remain, since a `kid` need not be unique.
 */
export function matchingKeys(
  keys: readonly VerificationKey[],
  { kid, alg }: JsonObject,
): readonly VerificationKey[] {
  return keys.filter(
    (key) => (kid === undefined || key.kid === kid) && key.algorithms.includes(alg as string),
  )
}

function parseKey(
  jwk: unknown,
  allowed: readonly string[],
): Pick<VerificationKey, 'algorithms' | 'key'> | string {
  if (!isJsonObject(jwk)) return 'not a JSON object'
  const { kty, crv, use, alg, key_ops: operations } = jwk
  if (kty === 'oct' || 'd' in jwk) return 'symmetric or private key'
  if (use !== undefined && use !== 'sig') return 'not for signatures'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'not for verification'
  }
  if (typeof kty !== 'string') return 'unknown key type'
  const material = typeof crv === 'string' ? `${kty} ${crv}` : kty
  const algorithms = allowed.filter(
    (algorithm) =>
      KEY_OF_ALGORITHM[algorithm] === material && (alg === undefined || alg === algorithm),
  )
  if (algorithms.length === 0) return 'no allowed algorithm'
  const key = importKey(jwk)
  if (key === undefined) return 'malformed key'
  const { modulusLength = 2048, publicExponent = 3n } =
    key.asymmetricKeyDetails as AsymmetricKeyDetails
  if (modulusLength < 2048) return 'smaller than 2048 bits'
  if (publicExponent < 3n) return 'exponent under 3'
  return { algorithms, key }
}

function importKey(jwk: JsonObject): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}
