/** One response, as it was received. */
export interface Response {
  readonly status: number
  /** The values of each field, by its name in lower case. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  readonly body: string
}

export interface Parsed {
  /** Complete ones, in order; those with a status 1xx too. */
  readonly responses: readonly Response[]
  /** Bytes after them: the begin of a response, or something else. */
  readonly rest: string
  /** Why these can never become one. */
  readonly problem?: string
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/
const FIELD_LINE =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

/**
 * Parses what a server sent on one connection, with no tolerance (RFC 9112).
 *
 * @param text one character a byte
 * @param methods those of the requests: a response to HEAD has no body
 */
export function parseResponses(text: string, methods: readonly string[]): Parsed {
  const responses: Response[] = []
  let rest = text
  let finals = 0
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) {
      const isStart = rest.startsWith('HTTP/1.1 ') || 'HTTP/1.1 '.startsWith(rest)
      return { responses, rest, ...(!isStart && { problem: 'bytes that are not a response' }) }
    }
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const status = Number(STATUS_LINE.exec(statusLine)?.[1])
    if (Number.isNaN(status)) return { responses, rest, problem: 'a malformed status line' }
    const fields = new Map<string, string[]>()
    for (const line of lines) {
      const [, name, value = ''] = FIELD_LINE.exec(line) ?? []
      if (name === undefined) return { responses, rest, problem: 'a malformed header line' }
      const values = fields.get(name.toLowerCase()) ?? []
      fields.set(name.toLowerCase(), [...values, value])
    }
    const hasBody = status >= 200 && ![204, 304].includes(status) && methods[finals] !== 'HEAD'
    const body = hasBody ? parseBody(fields, rest.slice(end + 4)) : { text: '', size: 0 }
    if (typeof body === 'string') return { responses, rest, problem: body }
    if (body === undefined) return { responses, rest }
    responses.push({ status, fields, body: body.text })
    if (status >= 200) finals += 1
    rest = rest.slice(end + 4 + body.size)
  }
  return { responses, rest }
}

/** @returns undefined if it is not complete yet, and a text if it is malformed */
function parseBody(
  fields: ReadonlyMap<string, readonly string[]>,
  text: string,
): { text: string; size: number } | string | undefined {
  const lengths = fields.get('content-length')
  const codings = fields.get('transfer-encoding')
  if (codings !== undefined) {
    if (lengths !== undefined) return 'Content-Length and Transfer-Encoding'
    return codings.join() === 'chunked' ? parseChunks(text) : 'an unknown Transfer-Encoding'
  }
  if (lengths === undefined) return 'a body without a length'
  const [length = ''] = lengths
  if (lengths.length > 1 || !/^\d+$/.test(length)) return 'a malformed Content-Length'
  const size = Number(length)
  return text.length < size ? undefined : { text: text.slice(0, size), size }
}

function parseChunks(text: string): { text: string; size: number } | string | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const digits = text.slice(at, line)
    if (!/^[\da-f]{1,8}$/i.test(digits)) return 'a malformed chunk'
    const size = Number.parseInt(digits, 16)
    const end = line + 2 + size
    if (text.length < end + 2) return undefined
    if (text.slice(end, end + 2) !== '\r\n') return 'a malformed chunk'
    body += text.slice(line + 2, end)
    at = end + 2
    if (size === 0) return { text: body, size: at }
  }
}

/** Whether nothing may follow this response on its connection. */
export function isLast({ status, fields }: Response): boolean {
  return status >= 200 && (fields.get('connection') ?? []).join().toLowerCase() === 'close'
}
