import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { VerificationKey } from './keys/jwks.ts'
import type { Principal } from './principal.ts'
import { hasExpired } from './rules.ts'

/** What is left of a token once it has been verified. */
export interface Verified {
  readonly principal: Principal
  /** The key that signed it. */
  readonly key: VerificationKey
}

export interface VerifiedTokensOptions {
  /** In seconds; the same as for tokens seen for the first time. */
  readonly clockTolerance: number
  /** Whether a key is still one of the tenant's. */
  readonly isCurrent: (key: VerificationKey) => boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly maxEntries?: number
  /** An estimate is kept of what entries take in memory, in bytes. */
  readonly maxBytes?: number
}

/** What an entry takes besides the text in it: digest, objects, and its place in the cache. */
const ENTRY_BYTES = 400

/**
 * A bounded memory of tokens whose signature has been checked: a client uses one token for hundreds
 * of calls. Tokens are known by their SHA-256, so that none is kept. Those least recently used go
 * first.
 */
export class VerifiedTokens {
  readonly #options: VerifiedTokensOptions
  readonly #cache: LRUCache<string, Verified>
  hits = 0
  misses = 0
  evictions = 0

  constructor(options: VerifiedTokensOptions) {
    this.#options = options
    this.#cache = new LRUCache({
      max: options.maxEntries ?? 100_000,
      maxSize: options.maxBytes ?? 64 * 1024 * 1024,
      sizeCalculation: ({ principal }) => ENTRY_BYTES + textOf(principal),
      dispose: (_verified, _digest, reason) => {
        if (reason === 'evict') this.evictions += 1
      },
    })
  }

  /** The name under which a token is known here: its SHA-256. */
  digestOf(token: string): string {
    return hash('sha256', token, 'base64')
  }

  /** The principal of a token that has been verified and still holds. */
  find(digest: string): Principal | undefined {
    const found = this.#cache.get(digest)
    if (found !== undefined && this.#holds(found)) {
      this.hits += 1
      return found.principal
    }
    this.misses += 1
    this.#cache.delete(digest)
    return undefined
  }

  add(digest: string, verified: Verified): void {
    this.#cache.set(digest, verified)
  }

  /** Forgets the tokens that a key signed which is the tenant's no longer. */
  forgetWithdrawn(): void {
    for (const [digest, { key }] of this.#cache) {
      if (!this.#options.isCurrent(key)) this.#cache.delete(digest)
    }
  }

  get size(): number {
    return this.#cache.size
  }

  #holds({ principal, key }: Verified): boolean {
    const { clockTolerance, isCurrent, now } = this.#options
    return isCurrent(key) && !hasExpired(principal.expiresAt, clockTolerance, now() / 1000)
  }
}

/** An upper estimate for the text in a principal, in bytes. */
function textOf({ subject, organization = '', permissions }: Principal): number {
  const texts = [subject, organization, ...permissions]
  return texts.reduce((sum, text) => sum + 2 * text.length + 40, 0)
}
