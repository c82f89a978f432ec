import { changedFields, mergeChanges } from './merge-changes.ts'

/** A record that was changed, as it is stored. */
export interface Change<T> {
  /** The record in the tenant's data when it was changed; undefined if it is not from the data. */
  readonly base?: T | undefined
  readonly record: T
}

/** A change that the next start of the tenant still has, without its values. */
export interface ChangeSummary {
  readonly key: string
  /** The fields that differ from the data; undefined for a record that is not in the data. */
  readonly fields: readonly string[] | undefined
}

/**
 * Records of one kind, in the order in which they were added. It tells apart what the tenant's data
 * says and what was changed since. Only changes of records that were passed to `persist` are written to
 * disk when the directory is saved.
 */
export class Collection<T extends object> implements Iterable<T> {
  readonly #keyOf: (record: T) => string
  readonly #records = new Map<string, T>()
  /** Copies of the records in the tenant's data. */
  readonly #seeds = new Map<string, T>()
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

  /** Adds a record of the tenant's data. */
  seed(record: T): void {
    this.#seeds.set(this.#keyOf(record), structuredClone(record))
    this.add(record)
  }

  /** Replaces the records of the tenant's data. What was changed since stays. */
  reseed(update: (seed: T) => T): void {
    for (const [key, seed] of this.#seeds) {
      const next = update(seed)
      this.#seeds.set(key, next)
      const record = this.#records.get(key) as T
      overwrite(record, mergeChanges(seed, record, next))
    }
  }

  /** Adds or changes a record that the next save of the directory writes to disk. */
  persist(record: T): T {
    this.#persistedKeys.add(this.#keyOf(record))
    return this.add(record)
  }

  /** Removes a record that is not in the tenant's data. */
  remove(record: T): void {
    this.#records.delete(this.#keyOf(record))
  }

  /** Whether a record is in the tenant's data. */
  isSeeded(record: T): boolean {
    return this.#seeds.has(this.#keyOf(record))
  }

  isPersisted(record: T): boolean {
    return this.#persistedKeys.has(this.#keyOf(record))
  }

  /** The changes to write to disk. */
  changes(): Change<T>[] {
    return this.summary().map(({ key }) => ({
      base: this.#seeds.get(key),
      record: this.#records.get(key) as T,
    }))
  }

  summary(): ChangeSummary[] {
    return [...this.#records]
      .filter(([key]) => this.#persistedKeys.has(key))
      .map(([key, record]) => {
        const seed = this.#seeds.get(key)
        return { key, fields: seed && changedFields(seed, record) }
      })
      .filter(({ fields }) => fields?.length !== 0)
  }

  /** Applies a change to the data. A change of a record that the data no longer has is dropped. */
  restore({ base, record }: Change<T>): void {
    const seed = this.#seeds.get(this.#keyOf(record))
    if (base === undefined) this.persist(record)
    else if (seed !== undefined) this.persist(mergeChanges(base, record, seed))
  }

  /** Undoes all changes. Records of the data stay the same objects, since sessions refer to them. */
  reset(): void {
    this.#persistedKeys.clear()
    for (const [key, record] of this.#records) {
      const seed = this.#seeds.get(key)
      if (seed === undefined) this.#records.delete(key)
      else overwrite(record, structuredClone(seed))
    }
  }
}

function overwrite<T extends object>(record: T, next: T): void {
  for (const name of Object.keys(record) as (keyof T)[]) delete record[name]
  Object.assign(record, next)
}
