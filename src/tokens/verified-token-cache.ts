import { hash } from 'node:crypto'
import { getHeapStatistics } from 'node:v8'
import { LRUCache } from 'lru-cache'
import { hasExpired } from './claims.ts'
import type { TrustedIssuer } from './issuers/trusted-issuers.ts'
import type { VerificationKey } from './keys/jwks.ts'
import type { Principal } from './principal.ts'

/** What is kept of any token. */
export interface CachedToken {
  readonly principal: Principal
}

/** What is kept of a token whose signature has been checked. */
export interface Verified extends CachedToken {
  /** The key that signed it. */
  readonly key: VerificationKey
  /** Its keys decide whether this key is current. */
  readonly issuer: TrustedIssuer
}

export interface VerifiedTokenCacheOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Besides the limit of bytes; none by default. */
  readonly maxEntries?: number
  /**
   * Compared with an estimate of the memory that the entries take. By default 64 MiB, or an eighth of the
   * heap if that is less: it is small in a small container.
   */
  readonly maxBytes?: number
}

const MAX_BYTES = 64 * 1024 * 1024

/** What an entry takes besides its texts: digest, objects, and its place in the cache. */
const ENTRY_BYTES = 400

/** What a cache of tokens has done so far, for metrics. */
export interface TokenCacheState {
  readonly size: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  /** How many tokens of each issuer were verified. */
  readonly verifiedOf: ReadonlyMap<string, number>
}

/**
 * A bounded LRU cache of accepted tokens, since a client uses one token for hundreds of calls. The key is the
 * SHA-256 of the token, so that no token is kept.
 */
export abstract class TokenCache<Entry extends CachedToken> implements TokenCacheState {
  protected readonly now: () => number
  readonly #cache: LRUCache<string, Entry>
  hits = 0
  misses = 0
  evictions = 0
  readonly verifiedOf = new Map<string, number>()

  constructor(options: VerifiedTokenCacheOptions) {
    this.now = options.now
    this.#cache = new LRUCache({
      // A maximum number is allocated at once, several megabytes for 100,000 entries.
      max: options.maxEntries ?? 0,
      maxSize:
        options.maxBytes ??
        Math.floor(Math.min(MAX_BYTES, getHeapStatistics().heap_size_limit / 8)),
      sizeCalculation: ({ principal }) => sizeOf(principal),
      dispose: (_verified, _digest, reason) => {
        if (reason === 'evict') this.evictions += 1
      },
    })
  }

  /** The key of a token in this cache: its SHA-256, as in the `ath` of a proof (RFC 9449 §4.2). */
  digestOf(token: string): string {
    return hash('sha256', token, 'base64url')
  }

  /** The principal of a token that was verified before and is still valid. */
  get(digest: string): Principal | undefined {
    const found = this.#cache.get(digest)
    if (found !== undefined && this.isValid(found)) {
      this.hits += 1
      return found.principal
    }
    this.misses += 1
    this.#cache.delete(digest)
    return undefined
  }

  add(digest: string, entry: Entry): void {
    const { issuer } = entry.principal
    this.verifiedOf.set(issuer, (this.verifiedOf.get(issuer) ?? 0) + 1)
    this.#cache.set(digest, entry)
  }

  get size(): number {
    return this.#cache.size
  }

  /** Removes the entries that a condition holds for. */
  protected removeWhere(isAffected: (entry: Entry) => boolean): void {
    for (const [digest, entry] of this.#cache) if (isAffected(entry)) this.#cache.delete(digest)
  }

  /** Whether an entry can still be used, at this time. */
  protected abstract isValid(entry: Entry): boolean
}

/** The tokens whose signature has been checked. */
export class VerifiedTokenCache extends TokenCache<Verified> {
  /**
   * Removes the tokens of an issuer whose signing key is no longer one of its keys.
   *
   * @param name of the issuer
   */
  removeWithdrawn(name: string): void {
    this.removeWhere(
      ({ key, issuer }) => issuer.expected.issuer === name && !issuer.keys.isCurrent(key),
    )
  }

  protected isValid({ principal, key, issuer: { expected, keys } }: Verified): boolean {
    const now = this.now() / 1000
    return keys.isCurrent(key) && !hasExpired(principal.expiresAt, expected.clockTolerance, now)
  }
}

/** An upper estimate of the memory that a principal takes. */
function sizeOf({ permissions, scopes, claims, expiresAt: _, ...texts }: Principal): number {
  const own = [...Object.values(texts), ...permissions, ...scopes].map(bytesOf)
  return own.reduce((sum, bytes) => sum + bytes, ENTRY_BYTES + bytesOf(claims))
}

/** An upper estimate of the memory that a JSON value takes, with everything in it. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length + 40
  if (typeof value !== 'object' || value === null) return 8
  const members = Object.entries(value)
  return members.reduce((sum, [name, member]) => sum + bytesOf(name) + bytesOf(member), 64)
}
