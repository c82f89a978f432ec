import { storeKey } from './encrypted-records.ts'
import type { Store } from './store.ts'

/** For one network of addresses. */
const MAX_IN_RANGE = 1_000
/** A network with more than this loses its own oldest record if there are too many in all. */
const FAIR_SHARE = 20

/**
 * Bounds the records that anybody can make the server store, by beginning logins. A network that begins too
 * many loses its own oldest ones.
 */
export class BegunLogins {
  readonly #store: Store
  readonly #ttlMs: number

  /** @param ttlMs how long the records are kept */
  constructor(store: Store, ttlMs: number) {
    this.#store = store
    this.#ttlMs = ttlMs
  }

  /**
   * Makes room for a record. If the address range has too many, its oldest record is deleted. If there are
   * too many in all, the oldest of the range is deleted if it has more than a fair share, and otherwise the
   * oldest of all.
   */
  async admit(kind: string, name: string, range: string): Promise<void> {
    const key = storeKey(kind, name)
    const [own, all] = [storeKey(`${kind}-range`, range), storeKey(`${kind}-all`, '')]
    const inRange = await this.#store.addMember(own, key, this.#ttlMs)
    const total = await this.#store.addMember(all, key, this.#ttlMs)
    if (inRange <= MAX_IN_RANGE && total <= this.#store.capacity) return
    const oldest = await this.#store.takeOldest(inRange > FAIR_SHARE ? own : all)
    await this.#store.delete(oldest)
    await this.#store.removeMembers(all, oldest)
  }
}
