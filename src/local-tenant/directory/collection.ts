/**
 * Records of one kind, in the order in which they were added. Only records that were added with
 * `persist` are written to disk when the directory is saved.
 */
export class Collection<T extends object> implements Iterable<T> {
  readonly #keyOf: (record: T) => string
  readonly #records = new Map<string, T>()
  readonly #persistedKeys = new Set<string>()

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

  /** Adds a record, or replaces the one with the same key. It is lost when the process ends. */
  add(record: T): T {
    this.#records.set(this.#keyOf(record), record)
    return record
  }

  /** Adds or replaces a record that the next save of the directory writes to disk. */
  persist(record: T): T {
    this.#persistedKeys.add(this.#keyOf(record))
    return this.add(record)
  }

  persisted(): T[] {
    return [...this].filter((record) => this.isPersisted(record))
  }

  isPersisted(record: T): boolean {
    return this.#persistedKeys.has(this.#keyOf(record))
  }
}
