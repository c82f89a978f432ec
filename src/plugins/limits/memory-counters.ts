import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** Where a client stands. */
export interface Count {
  /** The requests in the window, this one included. */
  readonly count: number
  /** When the window ends, on the clock of `performance.now()`. */
  readonly end: number
}

/** The least recently used keys are evicted. */
const MAX_KEYS = 10_000

/** In characters. A longer key is replaced by its digest, so that the memory has a bound. */
const MAX_KEY_LENGTH = 128

/** Counts requests in the memory of the process. */
export class MemoryCounters {
  readonly #windows = new LRUCache<string, Count>({ max: MAX_KEYS })

  count(key: string, windowMs: number): Count {
    const now = performance.now()
    const id = idOf(key)
    const current = this.#windows.get(id)
    const { count, end } =
      current !== undefined && current.end > now ? current : { count: 0, end: now + windowMs }
    const next = { count: count + 1, end }
    this.#windows.set(id, next)
    return next
  }

  /** Where a client stands in the current window. */
  read(key: string): Count | undefined {
    const current = this.#windows.get(idOf(key))
    return current !== undefined && current.end > performance.now() ? current : undefined
  }

  /** Takes over what all processes counted. */
  set(key: string, count: Count): void {
    this.#windows.set(idOf(key), count)
  }
}

function idOf(key: string): string {
  if (key.length <= MAX_KEY_LENGTH) return key
  return createHash('sha256').update(key).digest('base64url')
}
