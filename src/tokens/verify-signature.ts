import { compactVerify, errors } from 'jose'
import { TokenError } from './errors.ts'
import type { VerificationKey } from './key-set.ts'

/**
 * Verifies a JWS (RFC 7515 §5.2) with each key that may have signed it.
 *
 * @returns the key that did
 * @throws TokenError `signature_invalid`
 */
export async function verifySignature(
  token: string,
  candidates: readonly VerificationKey[],
): Promise<VerificationKey> {
  for (const candidate of candidates) {
    try {
      await compactVerify(token, candidate.key, { algorithms: [...candidate.algorithms] })
      return candidate
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
  }
  throw new TokenError('signature_invalid')
}
