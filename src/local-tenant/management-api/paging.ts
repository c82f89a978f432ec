import { ManagementError } from './management-error.ts'

/** What a list may be asked for: by offset (page, per_page), or by checkpoint (take, from). */
export const PAGING = {
  page: { type: 'integer', minimum: 0 },
  per_page: { type: 'integer', minimum: 1, maximum: 100 },
  include_totals: { type: 'boolean' },
  take: { type: 'integer', minimum: 1, maximum: 100 },
  from: { type: 'string' },
} as const

export interface Paging {
  readonly page?: number
  readonly per_page?: number
  readonly include_totals?: boolean
  readonly take?: number
  readonly from?: string
}

/**
 * One page of a list, in the vendor's shapes: `{ start, limit, total, <name> }` by offset, an array
 * where no totals are wanted, `{ <name>, next }` by checkpoint, without `next` on the last page.
 *
 * @param name what the list is called in its answer
 */
export function offsetPage(name: string, records: readonly object[], query: Paging): object {
  const { page = 0, per_page: limit = 50, include_totals: totals = false } = query
  const start = page * limit
  const some = records.slice(start, start + limit)
  return totals ? { start, limit, total: records.length, [name]: some } : some
}

/** As `offsetPage`, for the lists that know checkpoints: these win where both are asked for. */
export function page(name: string, records: readonly object[], query: Paging): object {
  const { take = 50, from } = query
  if (query.take === undefined && from === undefined) return offsetPage(name, records, query)
  const start = from === undefined ? 0 : position(from)
  const next = start + take
  return {
    [name]: records.slice(start, next),
    ...(next < records.length && { next: checkpoint(next) }),
  }
}

function checkpoint(start: number): string {
  return Buffer.from(`at ${start}`).toString('base64url')
}

function position(from: string): number {
  const [, digits] = /^at (\d+)$/.exec(Buffer.from(from, 'base64url').toString()) ?? []
  if (digits === undefined) {
    throw new ManagementError(400, "Query validation error: 'from'.", 'invalid_query_string')
  }
  return Number(digits)
}

/** Which fields of a record an answer says. */
export const FIELDS = {
  fields: { type: 'string' },
  include_fields: { type: 'boolean', default: true },
} as const

export interface Fields {
  readonly fields?: string
  readonly include_fields: boolean
}

export function withFields(record: object, { fields, include_fields: include }: Fields): object {
  if (fields === undefined) return record
  const names = fields.split(',')
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => names.includes(name) === include),
  )
}
