import { LRUCache } from 'lru-cache'
import type { Store } from './store.ts'

/** Keys of one kind. The least recently used ones are evicted. */
const MAX_ENTRIES = 10_000

/**
 * Keeps sessions in this process. Each kind of key has a cache of its own, so that visitors who
 * never log in cannot evict people who are logged in.
 */
export class MemoryStore implements Store {
  readonly name = 'memory'
  readonly ready = true
  readonly #now: () => number
  readonly #max: number
  readonly #kinds = new Map<string, LRUCache<string, string | Set<string>>>()

  /** @param now current time of any clock, in milliseconds */
  constructor(now: () => number, max = MAX_ENTRIES) {
    this.#now = now
    this.#max = max
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

  async addMember(set: string, member: string, ttlMs: number): Promise<void> {
    const members = new Set(this.#kind(set).get(set))
    this.#kind(set).set(set, members.add(member), { ttl: ttlMs })
  }

  async removeMembers(set: string, members: readonly string[]): Promise<void> {
    const all = this.#kind(set).get(set) as Set<string> | undefined
    for (const member of members) all?.delete(member)
  }

  async members(set: string): Promise<readonly string[]> {
    return [...(this.#kind(set).get(set) ?? [])]
  }

  async close(): Promise<void> {
    this.#kinds.clear()
  }

  #kind(key: string): LRUCache<string, string | Set<string>> {
    const name = key.slice(0, key.indexOf(':'))
    const found = this.#kinds.get(name) ?? this.#newKind()
    this.#kinds.set(name, found)
    return found
  }

  #newKind(): LRUCache<string, string | Set<string>> {
    return new LRUCache({ max: this.#max, perf: { now: this.#now }, ttlResolution: 0 })
  }
}
