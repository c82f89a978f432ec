import { TokenError } from './errors.ts'
import { type DecodedToken, decodeToken } from './jws.ts'
import { type Principal, principalOf } from './principal.ts'
import {
  type Expectations,
  RULES_AFTER_SIGNATURE,
  RULES_BEFORE_SIGNATURE,
  type Rule,
} from './rules.ts'
import type { SigningKeys } from './signing-keys.ts'
import { type Verified, VerifiedTokens } from './verified-tokens.ts'
import { verifySignature } from './verify-signature.ts'

/**
 * Verifies access tokens (RFC 7519 §7.2, RFC 9068 §4), the signature of each one once.
 *
 * @example
 * const verifier = new AccessTokenVerifier({ issuer, audience, algorithms: ['RS256'], clockTolerance: 5 }, keys, Date.now)
 * const digest = verifier.digestOf(token)
 * const { subject } = verifier.remembered(digest) ?? (await verifier.verify(token, digest))
 */
export class AccessTokenVerifier {
  readonly #expected: Expectations
  readonly #signingKeys: SigningKeys
  readonly #now: () => number
  readonly #underway = new Map<string, Promise<Principal>>()
  /** The tokens that have been verified. */
  readonly verified: VerifiedTokens

  /** @param now milliseconds since the epoch */
  constructor(expected: Expectations, signingKeys: SigningKeys, now: () => number) {
    this.#expected = expected
    this.#signingKeys = signingKeys
    this.#now = now
    this.verified = new VerifiedTokens({
      clockTolerance: expected.clockTolerance,
      isCurrent: (key) => signingKeys.isCurrent(key),
      now,
    })
  }

  /** The name under which a token is remembered. */
  digestOf(token: string): string {
    return this.verified.digestOf(token)
  }

  /** Who a token speaks for that has been verified before and still holds. */
  remembered(digest: string): Principal | undefined {
    return this.verified.find(digest)
  }

  /**
   * Who a token speaks for. Requests that bring the same token at the same time share one
   * verification.
   *
   * @throws TokenError where the token is at fault; KeysUnavailableError where no verdict is
   *   possible now
   */
  verify(token: string, digest = this.digestOf(token)): Promise<Principal> {
    const underway = this.#underway.get(digest)
    if (underway !== undefined) return underway
    const verification = this.#verifyAndRemember(token, digest)
    this.#underway.set(digest, verification)
    return verification
  }

  async #verifyAndRemember(token: string, digest: string): Promise<Principal> {
    try {
      const verified = await this.#verifyAnew(token)
      this.verified.add(digest, verified)
      return verified.principal
    } finally {
      this.#underway.delete(digest)
    }
  }

  async #verifyAnew(token: string): Promise<Verified> {
    const decoded = decodeToken(token)
    this.#judge(decoded, RULES_BEFORE_SIGNATURE)
    const candidates = await this.#signingKeys.candidates(decoded.header)
    const key = await verifySignature(token, decoded.header['alg'], candidates)
    this.#judge(decoded, RULES_AFTER_SIGNATURE)
    return { principal: principalOf(decoded.claims), key }
  }

  #judge(token: DecodedToken, rules: readonly Rule[]): void {
    for (const rule of rules) {
      const failure = rule.judge(token, this.#expected, this.#now() / 1000)
      if (failure !== undefined) throw new TokenError(failure)
    }
  }
}
