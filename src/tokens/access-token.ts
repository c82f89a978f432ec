import {
  firstFailure,
  RULES_AFTER_SIGNATURE,
  RULES_BEFORE_ISSUER,
  RULES_BEFORE_SIGNATURE,
} from './access-token-rules.ts'
import type { TokenErrorCode } from './errors.ts'
import type { TrustedIssuer, TrustedIssuers } from './issuers/trusted-issuers.ts'
import { type DecodedToken, decodeToken } from './jws.ts'
import {
  DEFAULT_PRINCIPAL_OPTIONS,
  type Principal,
  type PrincipalOptions,
  principalOf,
} from './principal.ts'
import type { Result } from './result.ts'
import {
  type CachedToken,
  type TokenCache,
  type TokenCacheState,
  VerifiedTokenCache,
} from './verified-token-cache.ts'
import { verifySignature } from './verify-signature.ts'

export type Verification = Result<Principal, TokenErrorCode>

/**
 * Decides about access tokens, and caches those that it accepts. How it decides is chosen at the start, for each
 * issuer.
 */
export abstract class TokenVerifier {
  readonly #inFlight = new Map<string, Promise<Verification>>()
  /** Whether requests that bring the same token at the same time share one verification. */
  protected readonly sharesVerifications: boolean = true
  /** The tokens that were accepted. */
  abstract readonly verified: TokenCacheState & Pick<TokenCache<CachedToken>, 'digestOf' | 'get'>

  /** The SHA-256 under which a token is cached. */
  digestOf(token: string): string {
    return this.verified.digestOf(token)
  }

  /** The principal of a token that was accepted before and is still valid. */
  cached(digest: string): Principal | undefined {
    return this.verified.get(digest)
  }

  /**
   * @param client returns who sends the token, such as an address: one client cannot keep others from being verified
   * @returns the principal, or the code of the first check that failed
   * @throws UnverifiableError where the token can be neither accepted nor rejected now
   */
  verify(
    token: string,
    digest = this.digestOf(token),
    client: () => string = () => '',
  ): Promise<Verification> {
    if (!this.sharesVerifications) return this.decide(token, digest, client)
    const inFlight = this.#inFlight.get(digest)
    if (inFlight !== undefined) return inFlight
    const verification = this.decide(token, digest, client).finally(() =>
      this.#inFlight.delete(digest),
    )
    this.#inFlight.set(digest, verification)
    return verification
  }

  /** Verifies a token that is not in the cache, and adds it there if it is accepted. */
  protected abstract decide(
    token: string,
    digest: string,
    client: () => string,
  ): Promise<Verification>
}

/**
 * Verifies access tokens that are signed (RFC 7519 §7.2, RFC 9068 §4). The same signature is not verified again while
 * the token is cached. While the keys are unavailable, `verify` throws KeysUnavailableError.
 *
 * @example
 * const verifier = new AccessTokenVerifier(new TrustedIssuers([{ expected, keys }]), Date.now)
 * const digest = verifier.digestOf(token)
 * const principal = verifier.cached(digest)
 * const { value, code } = principal ? { value: principal } : await verifier.verify(token, digest)
 */
export class AccessTokenVerifier extends TokenVerifier {
  readonly #issuers: TrustedIssuers
  readonly #now: () => number
  readonly #principal: PrincipalOptions
  /** The tokens whose signature has been checked. */
  readonly verified: VerifiedTokenCache

  /** @param now milliseconds since the epoch */
  constructor(
    issuers: TrustedIssuers,
    now: () => number,
    principal: PrincipalOptions = DEFAULT_PRINCIPAL_OPTIONS,
  ) {
    super()
    this.#issuers = issuers
    this.#now = now
    this.#principal = principal
    this.verified = new VerifiedTokenCache({ now })
  }

  protected async decide(token: string, digest: string): Promise<Verification> {
    const { value: decoded, code } = decodeToken(token)
    if (code !== undefined) return { code }
    const issuer = this.#issuers.find(decoded.claims['iss'])
    return issuer === undefined
      ? { code: this.#failureOfUnknown(decoded) }
      : this.#verifyFor(issuer, decoded, token, digest)
  }

  /** A token of another issuer fails no later than at the issuer. No key is looked up for it. */
  #failureOfUnknown(decoded: DecodedToken): TokenErrorCode {
    const { expected } = this.#issuers.main
    return (
      firstFailure(RULES_BEFORE_ISSUER, decoded, expected, this.#seconds()) ?? 'issuer_mismatch'
    )
  }

  /** Only the token's own issuer gets here, so the keys of another one cannot verify it. */
  async #verifyFor(
    issuer: TrustedIssuer,
    decoded: DecodedToken,
    token: string,
    digest: string,
  ): Promise<Verification> {
    const { expected } = issuer
    const early = firstFailure(RULES_BEFORE_SIGNATURE, decoded, expected, this.#seconds())
    if (early !== undefined) return { code: early }

    const keys = await issuer.keys.keysFor(decoded.header)
    if (keys.length === 0) return { code: 'unknown_key' }
    const key = await verifySignature(token, decoded.header['alg'], keys)
    if (key === undefined) return { code: 'signature_invalid' }
    const late = firstFailure(RULES_AFTER_SIGNATURE, decoded, expected, this.#seconds())
    if (late !== undefined) return { code: late }

    const principal = principalOf(decoded.claims, this.#principal)
    this.verified.add(digest, { principal, key, issuer })
    return { value: principal }
  }

  #seconds(): number {
    return this.#now() / 1000
  }
}
