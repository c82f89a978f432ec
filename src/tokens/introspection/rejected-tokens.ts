import { LRUCache } from 'lru-cache'
import type { TokenErrorCode } from '../errors.ts'

const MAX_TOKENS = 10_000
/** Milliseconds for which a token is not asked about again. */
export const REJECTED_MS = 5_000

/** Why a token is not asked about. */
export interface RejectedToken {
  /** Undefined if the endpoint works, but failed for this token. */
  readonly code: TokenErrorCode | undefined
  /** Milliseconds of the monotonic clock. */
  readonly until: number
}

/** So that a bad token that is sent again and again is not asked about each time. */
export class RejectedTokens {
  readonly #tokens = new LRUCache<string, RejectedToken>({ max: MAX_TOKENS })
  readonly #now: () => number

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#now = now
  }

  add(digest: string, code: TokenErrorCode | undefined): void {
    this.#tokens.set(digest, { code, until: this.#now() + REJECTED_MS })
  }

  get(digest: string): RejectedToken | undefined {
    const rejected = this.#tokens.get(digest)
    return rejected !== undefined && this.#now() < rejected.until ? rejected : undefined
  }
}
