import type { Expectations } from '../access-token-rules.ts'
import { hasExpired } from '../claims.ts'
import {
  type CachedToken,
  TokenCache,
  type VerifiedTokenCacheOptions,
} from '../verified-token-cache.ts'

/** What is kept of a token that the issuer said is active. */
export interface IntrospectedToken extends CachedToken {
  /** Milliseconds of the monotonic clock, until which it is accepted without another call. */
  readonly until: number
}

export interface IntrospectedTokenCacheOptions extends VerifiedTokenCacheOptions {
  /** Milliseconds of a monotonic clock. */
  readonly monotonicNow: () => number
  readonly expected: Pick<Expectations, 'clockTolerance'>
}

/** The tokens that one issuer said are active. */
export class IntrospectedTokenCache extends TokenCache<IntrospectedToken> {
  readonly #options: IntrospectedTokenCacheOptions

  constructor(options: IntrospectedTokenCacheOptions) {
    super(options)
    this.#options = options
  }

  protected isValid({ principal, until }: IntrospectedToken): boolean {
    const { monotonicNow, expected } = this.#options
    const now = this.now() / 1000
    return monotonicNow() < until && !hasExpired(principal.expiresAt, expected.clockTolerance, now)
  }
}
