import { compactVerify, errors } from 'jose'
import { TokenError } from './errors.ts'
import { type DecodedToken, decodeToken } from './jws.ts'
import type { VerificationKey } from './key-set.ts'
import { type Principal, principalOf } from './principal.ts'
import {
  type Expectations,
  RULES_AFTER_SIGNATURE,
  RULES_BEFORE_SIGNATURE,
  type Rule,
} from './rules.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface AccessTokenVerifier {
  /**
   * Verifies an access token (RFC 7519 §7.2, RFC 9068 §4) and says who it speaks for.
   *
   * @throws TokenError where the token is at fault; KeysUnavailableError where no verdict is
   *   possible now
   */
  verify(token: string): Promise<Principal>
}

/**
 * @param now milliseconds since the epoch
 * @example
 * const verifier = accessTokenVerifier({ issuer, audience, algorithms: ['RS256'], clockTolerance: 5 }, keys)
 * const { subject, permissions } = await verifier.verify(token)
 */
export function accessTokenVerifier(
  expected: Expectations,
  signingKeys: SigningKeys,
  now: () => number = Date.now,
): AccessTokenVerifier {
  function judge(token: DecodedToken, rules: readonly Rule[]): void {
    for (const rule of rules) {
      const failure = rule.judge(token, expected, now() / 1000)
      if (failure !== undefined) throw new TokenError(failure)
    }
  }

  return {
    async verify(token) {
      const decoded = decodeToken(token)
      judge(decoded, RULES_BEFORE_SIGNATURE)
      const candidates = await signingKeys.candidates(decoded.header)
      await verifySignature(token, candidates)
      judge(decoded, RULES_AFTER_SIGNATURE)
      return principalOf(decoded.claims)
    },
  }
}

async function verifySignature(
  token: string,
  candidates: readonly VerificationKey[],
): Promise<void> {
  for (const { key, algorithms } of candidates) {
    try {
      await compactVerify(token, key, { algorithms: [...algorithms] })
      return
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
  }
  throw new TokenError('signature_invalid')
}
