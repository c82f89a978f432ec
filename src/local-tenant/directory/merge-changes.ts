import { isDeepStrictEqual } from 'node:util'

type Fields = Record<string, unknown>

/** The names of the fields in which a record differs from another one. */
export function changedFields(base: object, record: object): string[] {
  const names = new Set([...Object.keys(base), ...Object.keys(record)])
  return [...names].filter(
    (name) => !isDeepStrictEqual((base as Fields)[name], (record as Fields)[name]),
  )
}

/**
 * Applies the changes of a record to a new version of the data: fields that were not changed are those
 * of the new version, and items of lists are added and removed one by one.
 *
 * @param base the record in the data that was changed
 * @param record the changed record
 * @param next the record in the data now
 */
export function mergeChanges<T extends object>(base: T, record: T, next: T): T {
  const merged = structuredClone(next)
  for (const name of changedFields(base, record) as (keyof T)[]) {
    if (name in record) merged[name] = mergeValue(base[name], record[name], next[name]) as never
    else delete merged[name]
  }
  return merged
}

function mergeValue(base: unknown, changed: unknown, next: unknown): unknown {
  if (isDeepStrictEqual(base, next)) return changed
  if (!Array.isArray(base) || !Array.isArray(changed) || !Array.isArray(next)) return changed
  const kept = next.filter((item) => includes(changed, item) || !includes(base, item))
  const added = changed.filter((item) => !includes(base, item) && !includes(kept, item))
  return [...kept, ...added]
}

function includes(list: readonly unknown[], item: unknown): boolean {
  return list.some((other) => isDeepStrictEqual(other, item))
}
