import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** Where a client stands. */
export interface Count {
  /** The requests in the window, this one included. */
  readonly count: number
  /** The rest of the window, in milliseconds. */
  readonly ttl: number
}

/** The least recently used keys are evicted. */
const MAX_KEYS = 10_000

/** In characters. A longer key is replaced by its digest, so that the memory has a bound. */
const MAX_KEY_LENGTH = 128

/** Counts the requests of one route in the memory of the process. */
export class MemoryCounters {
  readonly #windows = new LRUCache<string, { count: number; readonly end: number }>({
    max: MAX_KEYS,
  })

  count(key: string, windowMs: number): Count {
    const now = performance.now()
    const id = key.length > MAX_KEY_LENGTH ? digestOf(key) : key
    const current = this.#windows.get(id)
    if (current !== undefined && current.end > now) {
      current.count += 1
      return { count: current.count, ttl: current.end - now }
    }
    this.#windows.set(id, { count: 1, end: now + windowMs })
    return { count: 1, ttl: windowMs }
  }
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
