import { LRUCache } from 'lru-cache'
import type { Store } from './store.ts'

/** Keys of one kind. The least recently used ones are evicted. */
const MAX_ENTRIES = 10_000

/** When each member was added, the oldest first. */
type Members = Map<string, number>

/**
 * Keeps sessions in this process. Each kind of key has a cache of its own, so that visitors who
 * never log in cannot evict people who are logged in.
 */
export class MemoryStore implements Store {
  readonly name = 'memory'
  readonly ready = true
  readonly status = undefined
  readonly #now: () => number
  readonly capacity: number
  readonly #kinds = new Map<string, LRUCache<string, string | Members>>()

  /** @param now current time of any clock, in milliseconds */
  constructor(now: () => number, max = MAX_ENTRIES) {
    this.#now = now
    this.capacity = max
  }

  async get(key: string): Promise<string | undefined> {
    return this.#kind(key).get(key) as string | undefined
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.#kind(key).set(key, value, { ttl: ttlMs })
  }

  async add(key: string, value: string, ttlMs: number): Promise<boolean> {
    const kind = this.#kind(key)
    if (kind.has(key)) return false
    kind.set(key, value, { ttl: ttlMs })
    return true
  }

  async replace(key: string, value: string, ttlMs: number): Promise<boolean> {
    const kind = this.#kind(key)
    if (!kind.has(key)) return false
    kind.set(key, value, { ttl: ttlMs })
    return true
  }

  async swap(key: string, expected: string, value: string, ttlMs: number): Promise<void> {
    const kind = this.#kind(key)
    if (kind.get(key) === expected) kind.set(key, value, { ttl: ttlMs })
  }

  async take(key: string): Promise<string | undefined> {
    const value = this.#kind(key).get(key) as string | undefined
    this.#kind(key).delete(key)
    return value
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#kind(key).delete(key)
  }

  async touch(key: string, ttlMs: number): Promise<void> {
    const value = this.#kind(key).get(key)
    if (value !== undefined) this.#kind(key).set(key, value, { ttl: ttlMs })
  }

  async addMember(set: string, member: string, ttlMs: number): Promise<number> {
    const members = this.#members(set)
    const now = this.#now()
    for (const [oldest, addedAt] of members) {
      if (addedAt + ttlMs > now) break
      members.delete(oldest)
    }
    members.delete(member)
    this.#kind(set).set(set, members.set(member, now), { ttl: ttlMs })
    return members.size
  }

  async removeMembers(set: string, members: readonly string[]): Promise<void> {
    const all = this.#members(set)
    for (const member of members) all.delete(member)
  }

  async members(set: string): Promise<readonly string[]> {
    return [...this.#members(set).keys()]
  }

  async takeOldest(set: string): Promise<readonly string[]> {
    const members = this.#members(set)
    for (const oldest of members.keys()) {
      members.delete(oldest)
      return [oldest]
    }
    return []
  }

  async close(): Promise<void> {
    this.#kinds.clear()
  }

  #kind(key: string): LRUCache<string, string | Members> {
    const name = key.slice(0, key.indexOf(':'))
    const found = this.#kinds.get(name) ?? this.#newKind()
    this.#kinds.set(name, found)
    return found
  }

  #members(set: string): Members {
    return (this.#kind(set).get(set) as Members | undefined) ?? new Map()
  }

  #newKind(): LRUCache<string, string | Members> {
    return new LRUCache({ max: this.capacity, perf: { now: this.#now }, ttlResolution: 0 })
  }
}
