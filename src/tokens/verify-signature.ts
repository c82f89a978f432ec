import { type KeyObject, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { compactVerify, errors } from 'jose'
import type { VerificationKey } from './keys/jwks.ts'

const verifyOffThread = promisify(verify)

/**
 * Verifies a JWS (RFC 7515 §5.2) with each key that may have signed it.
 *
 * @param alg the algorithm that its header names, one that each key fits
 * @returns the key that signed it, or undefined where none did
 */
export async function verifySignature(
  token: string,
  alg: unknown,
  keys: readonly VerificationKey[],
): Promise<VerificationKey | undefined> {
  const isValid = alg === 'RS256' ? isValidRs256 : alg === 'ES256' ? isValidEs256 : isValidByJose
  for (const candidate of keys) {
    if (await isValid(token, candidate.key, candidate.algorithms)) return candidate
  }
  return undefined
}

/** jose supports every algorithm, through Web Crypto. */
async function isValidByJose(
  token: string,
  key: KeyObject,
  algorithms: readonly string[],
): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [...algorithms] })
    return true
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return false
    throw error
  }
}

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3) on Node's thread pool, in two thirds of the time. */
function isValidRs256(token: string, key: KeyObject): Promise<boolean> {
  // Every candidate fits the algorithm, so another key is a bug of ours.
  if (key.asymmetricKeyType !== 'rsa') throw new TypeError('RS256 takes an RSA key.')
  const { input, signature } = partsOf(token)
  return verifyOffThread('sha256', input, key, signature)
}

/** ECDSA with P-256 and SHA-256 (RFC 7518 §3.4). */
function isValidEs256(token: string, key: KeyObject): Promise<boolean> {
  if (key.asymmetricKeyType !== 'ec') throw new TypeError('ES256 takes an EC key.')
  const { input, signature } = partsOf(token)
  return verifyOffThread('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

function partsOf(token: string) {
  const end = token.lastIndexOf('.')
  return {
    input: Buffer.from(token.slice(0, end), 'latin1'),
    signature: Buffer.from(token.slice(end + 1), 'base64url'),
  }
}
