import { ManagementApiError } from './management-api-error.ts'

/** The query parameters of a list: by offset (page, per_page) or by checkpoint (take, from). */
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
 * One page of a list by offset, in Auth0's format: `{ start, limit, total, <name> }` with
 * `include_totals`, otherwise an array.
 *
 * @param name the property of the response that contains the records
 */
export function offsetPage(name: string, records: readonly object[], query: Paging): object {
  const { page = 0, per_page: limit = 50, include_totals: totals = false } = query
  const start = page * limit
  const items = records.slice(start, start + limit)
  return totals ? { start, limit, total: records.length, [name]: items } : items
}

/**
 * One page of a list that supports both kinds of paging: `{ <name>, next }` by checkpoint, without
 * `next` on the last page. Checkpoint parameters take precedence.
 */
export function page(name: string, records: readonly object[], query: Paging): object {
  const { take = 50, from } = query
  if (query.take === undefined && from === undefined) return offsetPage(name, records, query)
  const start = from === undefined ? 0 : decodeCheckpoint(from)
  const next = start + take
  return {
    [name]: records.slice(start, next),
    ...(next < records.length && { next: encodeCheckpoint(next) }),
  }
}

function encodeCheckpoint(start: number): string {
  return Buffer.from(`at ${start}`).toString('base64url')
}

function decodeCheckpoint(from: string): number {
  const [, digits] = /^at (\d+)$/.exec(Buffer.from(from, 'base64url').toString()) ?? []
  if (digits === undefined) {
    throw new ManagementApiError(400, "Query validation error: 'from'.", 'invalid_query_string')
  }
  return Number(digits)
}

/** The query parameters that select the fields of a response. */
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
