import { type KeyObject, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { compactVerify, errors } from 'jose'
import { TokenError } from './errors.ts'
import type { VerificationKey } from './keys/jwks.ts'

const verifyOffThread = promisify(verify)

/**
 * Verifies a JWS (RFC 7515 §5.2) with each key that may have signed it.
 *
 * @param alg the algorithm that its header names, one that each candidate fits
 * @returns the key that did
 * @throws TokenError `signature_invalid`
 */
export async function verifySignature(
  token: string,
  alg: unknown,
  candidates: readonly VerificationKey[],
): Promise<VerificationKey> {
  const holds = alg === 'RS256' ? holdsByRs256 : holdsByJose
  for (const candidate of candidates) {
    if (await holds(token, candidate.key, candidate.algorithms)) return candidate
  }
  throw new TokenError('signature_invalid')
}

/** jose knows every algorithm, by way of Web Crypto. */
async function holdsByJose(
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

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3) on Node's thread pool, for two thirds of the time. */
function holdsByRs256(token: string, key: KeyObject): Promise<boolean> {
  // Another key would be a fault of ours: no candidate is one.
  if (key.asymmetricKeyType !== 'rsa') throw new TypeError('RS256 takes an RSA key.')
  const end = token.lastIndexOf('.')
  const input = Buffer.from(token.slice(0, end), 'latin1')
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  return verifyOffThread('sha256', input, key, signature)
}
