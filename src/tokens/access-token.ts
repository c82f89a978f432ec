import {
  type Expectations,
  firstFailure,
  RULES_AFTER_SIGNATURE,
  RULES_BEFORE_SIGNATURE,
} from './access-token-rules.ts'
import type { TokenErrorCode } from './errors.ts'
import { decodeToken } from './jws.ts'
import type { VerificationKeys } from './keys/remote-jwks.ts'
import {
  DEFAULT_PRINCIPAL_OPTIONS,
  type Principal,
  type PrincipalOptions,
  principalOf,
} from './principal.ts'
import type { Result } from './result.ts'
import { VerifiedTokenCache } from './verified-token-cache.ts'
import { verifySignature } from './verify-signature.ts'

export type Verification = Result<Principal, TokenErrorCode>

/**
 * Verifies access tokens (RFC 7519 §7.2, RFC 9068 §4). The tokens are cached, so that the same signature
 * is not verified again.
 *
 * @example
 * const verifier = new AccessTokenVerifier({ issuer, audiences, algorithms: ['RS256'], clockTolerance: 5 }, keys, Date.now)
 * const digest = verifier.digestOf(token)
 * const principal = verifier.cached(digest)
 * const { value, code } = principal ? { value: principal } : await verifier.verify(token, digest)
 */
export class AccessTokenVerifier {
  readonly #expected: Expectations
  readonly #keys: VerificationKeys
  readonly #now: () => number
  readonly #principal: PrincipalOptions
  readonly #inFlight = new Map<string, Promise<Verification>>()
  /** The tokens whose signature has been checked. */
  readonly verified: VerifiedTokenCache

  /** @param now milliseconds since the epoch */
  constructor(
    expected: Expectations,
    keys: VerificationKeys,
    now: () => number,
    principal: PrincipalOptions = DEFAULT_PRINCIPAL_OPTIONS,
  ) {
    this.#expected = expected
    this.#keys = keys
    this.#now = now
    this.#principal = principal
    this.verified = new VerifiedTokenCache({
      clockTolerance: expected.clockTolerance,
      isCurrent: (key) => keys.isCurrent(key),
      now,
    })
  }

  /** The SHA-256 under which a token is cached. */
  digestOf(token: string): string {
    return this.verified.digestOf(token)
  }

  /** The principal of a token that was verified before and is still valid. */
  cached(digest: string): Principal | undefined {
    return this.verified.get(digest)
  }

  /**
   * Verifies a token. Requests that bring the same token at the same time share one verification.
   *
   * @returns the principal, or the code of the first check that failed
   * @throws KeysUnavailableError where the token can be neither accepted nor rejected now
   */
  verify(token: string, digest = this.digestOf(token)): Promise<Verification> {
    const inFlight = this.#inFlight.get(digest)
    if (inFlight !== undefined) return inFlight
    const verification = this.#verify(token, digest).finally(() => this.#inFlight.delete(digest))
    this.#inFlight.set(digest, verification)
    return verification
  }

  async #verify(token: string, digest: string): Promise<Verification> {
    const { value: decoded, code } = decodeToken(token)
    if (code !== undefined) return { code }
    const early = firstFailure(RULES_BEFORE_SIGNATURE, decoded, this.#expected, this.#seconds())
    if (early !== undefined) return { code: early }

    const keys = await this.#keys.keysFor(decoded.header)
    if (keys.length === 0) return { code: 'unknown_key' }
    const key = await verifySignature(token, decoded.header['alg'], keys)
    if (key === undefined) return { code: 'signature_invalid' }
    const late = firstFailure(RULES_AFTER_SIGNATURE, decoded, this.#expected, this.#seconds())
    if (late !== undefined) return { code: late }

    const principal = principalOf(decoded.claims, this.#principal)
    this.verified.add(digest, { principal, key })
    return { value: principal }
  }

  #seconds(): number {
    return this.#now() / 1000
  }
}
