import { isDeepStrictEqual } from 'node:util'

/** A field whose value differs from the wanted one. */
export interface Difference {
  /** The path of the field, with dots between its parts. */
  readonly field: string
  /** Undefined if the field is not set. */
  readonly from: unknown
  /** For a list in a plan, the items to add. */
  readonly to: unknown
}

export interface MergePatch {
  /** The fields to send. Lists and nested objects include what they contain already. */
  readonly changes: Record<string, unknown>
  readonly differences: readonly Difference[]
}

/** Auth0 allows one item in these lists, so a new item replaces the old one. */
const SINGLE_ITEM_LISTS = new Set(['backchannel_logout_urls'])

type Fields = Readonly<Record<string, unknown>>

/**
 * Computes an update that sets the wanted fields and removes nothing: items are added to lists, and
 * nested objects keep their other members.
 *
 * @param path the prefix of the field names in the differences
 */
export function mergePatch(current: Fields, wanted: Fields, path = ''): MergePatch {
  const changes: Record<string, unknown> = {}
  const differences: Difference[] = []
  for (const [name, to] of Object.entries(wanted)) {
    const from = current[name]
    const field = `${path}${name}`
    if (Array.isArray(to) && !SINGLE_ITEM_LISTS.has(name)) {
      const list = Array.isArray(from) ? from : []
      const inner = mergeRecords(list, to, `${field}.`)
      const added = to.filter((item) => !list.some((existing) => isSameItem(existing, item)))
      if (added.length > 0) differences.push({ field, from, to: added })
      differences.push(...inner.differences)
      if (added.length + inner.differences.length === 0) continue
      changes[name] = [...inner.records, ...added]
    } else if (isObject(to)) {
      const nested = isObject(from) ? from : {}
      const inner = mergePatch(nested, to, `${field}.`)
      if (inner.differences.length === 0) continue
      changes[name] = { ...nested, ...inner.changes }
      differences.push(...inner.differences)
    } else if (!isDeepStrictEqual(from, to)) {
      changes[name] = to
      differences.push({ field, from: firstItem(from), to: firstItem(to) })
    }
  }
  return { changes, differences }
}

function firstItem(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sets the fields of the records that are in both lists. */
function mergeRecords(list: readonly unknown[], wanted: readonly unknown[], path: string) {
  const differences: Difference[] = []
  const records = list.map((existing) => {
    const found = wanted.find((item) => isObject(item) && isSameItem(existing, item))
    if (!isObject(existing) || !isObject(found)) return existing
    const inner = mergePatch(existing, found, `${path}${found['value']}.`)
    differences.push(...inner.differences)
    return { ...existing, ...inner.changes }
  })
  return { records, differences }
}

/** Permissions of an API are the same if their `value` is. */
function isSameItem(existing: unknown, wanted: unknown): boolean {
  if (!isObject(existing) || !isObject(wanted)) return existing === wanted
  return existing['value'] === wanted['value']
}
