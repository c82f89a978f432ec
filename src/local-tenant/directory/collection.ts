/**
 * Records of one kind, by a key, in the order in which they came. They live as long as the process,
 * except for those that were kept.
 */
export class Collection<T extends object> implements Iterable<T> {
  readonly #keyOf: (record: T) => string
  readonly #records = new Map<string, T>()
  readonly #kept = new Set<string>()

  constructor(keyOf: (record: T) => string) {
    this.#keyOf = keyOf
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#records.values()
  }

  get(key: string | undefined): T | undefined {
    return key === undefined ? undefined : this.#records.get(key)
  }

  find(test: (record: T) => boolean): T | undefined {
    return [...this].find(test)
  }

  /** Adds a record, in the place of one with the same key. */
  add(record: T): T {
    this.#records.set(this.#keyOf(record), record)
    return record
  }

  /** Adds a record that outlives the process, once the directory is saved. */
  keep(record: T): T {
    this.#kept.add(this.#keyOf(record))
    return this.add(record)
  }

  kept(): T[] {
    return [...this].filter((record) => this.isKept(record))
  }

  /** Whether a record outlives the process. */
  isKept(record: T): boolean {
    return this.#kept.has(this.#keyOf(record))
  }
}
