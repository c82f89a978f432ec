import { TokenError, type TokenErrorCode } from './errors.ts'
import { type DecodedToken, decodeToken } from './jws.ts'
import type { SigningKeys } from './keys/remote-jwks.ts'
import { type Principal, principalOf } from './principal.ts'
import {
  type Expectations,
  RULES_AFTER_SIGNATURE,
  RULES_BEFORE_SIGNATURE,
  type Rule,
} from './rules.ts'
import { VerifiedTokens } from './verified-tokens.ts'
import { verifySignature } from './verify-signature.ts'

/**
 * Verifies access tokens (RFC 7519 §7.2, RFC 9068 §4), the signature of each one once.
 *
 * @example
 * const verifier = new AccessTokenVerifier({ issuer, audience, algorithms: ['RS256'], clockTolerance: 5 }, keys, Date.now)
 * const digest = verifier.digestOf(token)
 * const verdict = verifier.remembered(digest) ?? (await verifier.verify(token, digest))
 * if (verdict instanceof TokenError) throw verdict
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
   * @returns a TokenError at once where the token is refused without a look at its signature, since
   *   a promise would cost as much as that verdict; otherwise a promise, rejected with a TokenError,
   *   or with a KeysUnavailableError where no verdict is possible now
   */
  verify(token: string, digest = this.digestOf(token)): TokenError | Promise<Principal> {
    const underway = this.#underway.get(digest)
    if (underway !== undefined) return underway
    const decoded = decodeToken(token)
    if (typeof decoded === 'string') return TokenError.of(decoded)
    const failure = this.#failureIn(decoded, RULES_BEFORE_SIGNATURE)
    if (failure !== undefined) return TokenError.of(failure)
    const verification = this.#verifySigned(token, digest, decoded)
    this.#underway.set(digest, verification)
    const end = () => this.#underway.delete(digest)
    verification.then(end, end)
    return verification
  }

  async #verifySigned(token: string, digest: string, decoded: DecodedToken): Promise<Principal> {
    const candidates = await this.#signingKeys.candidates(decoded.header)
    const key = await verifySignature(token, decoded.header['alg'], candidates)
    const failure = this.#failureIn(decoded, RULES_AFTER_SIGNATURE)
    if (failure !== undefined) throw new TokenError(failure)
    const principal = principalOf(decoded.claims)
    this.verified.add(digest, { principal, key })
    return principal
  }

  #failureIn(token: DecodedToken, rules: readonly Rule[]): TokenErrorCode | undefined {
    const now = this.#now() / 1000
    for (const rule of rules) {
      const failure = rule.judge(token, this.#expected, now)
      if (failure !== undefined) return failure
    }
    return undefined
  }
}
