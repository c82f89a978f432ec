/** One thing that is not as it should be. */
export interface Difference {
  /** Where, with points between the parts. */
  readonly field: string
  /** Undefined where there is nothing yet. */
  readonly from: unknown
  /** For a list that can grow, what is added to it. */
  readonly to: unknown
}

export interface Completion {
  /** The fields to send, whole: those that differ, with what they had. */
  readonly changes: Record<string, unknown>
  readonly differences: readonly Difference[]
}

/** Lists that the vendor lets have one item alone: another would take its place. */
const OF_ONE = new Set(['backchannel_logout_urls'])

type Fields = Readonly<Record<string, unknown>>

/**
 * What a record lacks to be as wanted. Nothing is taken away: lists are added to, and what a nested
 * record has besides stays.
 */
export function complete(current: Fields, wanted: Fields, path = ''): Completion {
  const changes: Record<string, unknown> = {}
  const differences: Difference[] = []
  for (const [name, to] of Object.entries(wanted)) {
    const from = current[name]
    const field = `${path}${name}`
    if (Array.isArray(to) && !OF_ONE.has(name)) {
      const list = Array.isArray(from) ? from : []
      const added = to.filter((item) => !list.some((one) => isEqual(one, item)))
      if (added.length === 0) continue
      changes[name] = [...list.filter((one) => !replaces(added, one)), ...added]
      differences.push({ field, from, to: added })
    } else if (isRecord(to)) {
      const inner = complete(isRecord(from) ? from : {}, to, `${field}.`)
      if (inner.differences.length === 0) continue
      changes[name] = { ...(isRecord(from) ? from : {}), ...inner.changes }
      differences.push(...inner.differences)
    } else if (!isSame(from, to)) {
      changes[name] = to
      differences.push({ field, from: itemOf(from), to: itemOf(to) })
    }
  }
  return { changes, differences }
}

function itemOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

function isEqual(one: unknown, other: unknown): boolean {
  if (!isRecord(one) || !isRecord(other)) return one === other
  return Object.entries(other).every(([name, value]) => isEqual(one[name], value))
}

/** Whether a permission is described anew: it goes by its `value`. */
function replaces(added: readonly unknown[], one: unknown): boolean {
  return isRecord(one) && added.some((item) => isRecord(item) && item['value'] === one['value'])
}
