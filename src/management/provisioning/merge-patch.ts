import { isDeepStrictEqual } from 'node:util'

/** A field whose value differs from the wanted one. */
export interface Difference {
  /** The path of the field, with dots between its parts. */
  readonly field: string
  /** Undefined if the field is not set. */
  readonly from: unknown
  /** For a list, the items to add. */
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
      const added = to.filter((item) => !list.some((existing) => includesFields(existing, item)))
      if (added.length === 0) continue
      changes[name] = [...list.filter((item) => !isReplacedBy(added, item)), ...added]
      differences.push({ field, from, to: added })
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

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a list item has all the fields of the wanted one. It may have more. */
function includesFields(existing: unknown, wanted: unknown): boolean {
  if (!isObject(existing) || !isObject(wanted)) return existing === wanted
  return Object.entries(wanted).every(([name, value]) => includesFields(existing[name], value))
}

/** A permission with a new description replaces the one with the same `value`. */
function isReplacedBy(added: readonly unknown[], item: unknown): boolean {
  return (
    isObject(item) && added.some((other) => isObject(other) && other['value'] === item['value'])
  )
}
