import { hash, randomUUID } from 'node:crypto'
import { ReplayStoreError } from './errors.ts'
import { proofName, type ReplayStore } from './replay-store.ts'

export interface MemoryReplayStoreOptions {
  /** How long a proof is accepted, in milliseconds. */
  readonly lifetime: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly maxEntries?: number
  /** For one key. */
  readonly maxEntriesPerKey?: number
}

/** The counters of the entries of each key. Keys share them by chance, so that their number is fixed. */
const COUNTERS = 65_536

/** Proofs that were added in a period as long as a proof is accepted. */
class Period {
  readonly names = new Set<string>()
  readonly entriesOfKey = new Uint32Array(COUNTERS)
  readonly start: number

  constructor(start: number) {
    this.start = start
  }
}

/**
 * Used proofs in the memory of this process, at most 100 bytes each. A proof is kept for one to two
 * periods. If the store is full, or the share of a key is used up, proofs are neither accepted nor
 * rejected.
 */
export class MemoryReplayStore implements ReplayStore {
  readonly #options: Required<MemoryReplayStoreOptions>
  /** Nobody outside can know which keys share a counter. */
  readonly #salt = randomUUID()
  #current: Period
  #previous: Period

  constructor(options: MemoryReplayStoreOptions) {
    this.#options = { maxEntries: 500_000, maxEntriesPerKey: 50_000, ...options }
    this.#current = new Period(options.now())
    this.#previous = new Period(options.now())
  }

  add(thumbprint: string, jti: string): boolean {
    const { lifetime, maxEntries, maxEntriesPerKey } = this.#options
    this.#startPeriod()
    const name = proofName(thumbprint, jti).toString('latin1')
    if (this.#current.names.has(name) || this.#previous.names.has(name)) return false
    const counter = this.#counterOf(thumbprint)
    const ofKey = this.#entriesOfKey(counter)
    if (this.size >= maxEntries || ofKey >= maxEntriesPerKey) {
      throw new ReplayStoreError('dpop_replay_store_full', Math.ceil(lifetime / 1000))
    }
    this.#current.names.add(name)
    this.#current.entriesOfKey[counter] = Number(this.#current.entriesOfKey[counter]) + 1
    return true
  }

  get size(): number {
    return this.#current.names.size + this.#previous.names.size
  }

  #entriesOfKey(counter: number): number {
    return (
      Number(this.#current.entriesOfKey[counter]) + Number(this.#previous.entriesOfKey[counter])
    )
  }

  #counterOf(thumbprint: string): number {
    return hash('sha256', this.#salt + thumbprint, 'buffer').readUInt16LE()
  }

  /** Starts a new period when the current one is over, and drops the proofs of older ones. */
  #startPeriod(): void {
    const { lifetime, now } = this.#options
    const age = now() - this.#current.start
    if (age < lifetime) return
    this.#previous = age < 2 * lifetime ? this.#current : new Period(now())
    this.#current = new Period(now())
  }
}
