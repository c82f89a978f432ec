import { boundedFetch } from '../utils/bounded-fetch.ts'

/** How much of a response is shown, in characters. */
const MAX_LENGTH = 64 * 1024
/** In bytes: it is not part of the text. */
const BYTE_ORDER_MARK = 3
/** A longer response is cut. Then it is not JSON, and is shown as it is. */
const BOUNDS = { timeoutMs: 5_000, maxBytes: 2 * MAX_LENGTH, cuts: true }

/**
 * Calls a third-party API with an access token.
 *
 * @returns the body as text to show: JSON is indented, long text is cut, and the token is removed
 *   in case the API repeats it
 * @throws Error if the call fails or takes too long
 */
export async function callThirdPartyApi(url: string, token: string): Promise<string> {
  const response = await boundedFetch(url, BOUNDS, {
    headers: { accept: 'application/json, text/plain', authorization: `Bearer ${token}` },
  })
  if (!response.ok) throw new Error(`Third-party API returned HTTP ${response.status}`)
  const body = await response.text()
  const text = prettyPrint(body) ?? withoutPart(body, token)
  const redacted = text.replaceAll(token, '[redacted]').replaceAll(escapeJson(token), '[redacted]')
  return redacted.length > MAX_LENGTH ? `${redacted.slice(0, MAX_LENGTH)} […]` : redacted
}

/** Where the body was cut, there may be a part of the token, which would not be found. */
function withoutPart(body: string, token: string): string {
  const isWhole = Buffer.byteLength(body) < BOUNDS.maxBytes - BYTE_ORDER_MARK
  return isWhole ? body : body.slice(0, -token.length)
}

/** @returns undefined if the text is not JSON */
function prettyPrint(text: string): string | undefined {
  try {
    return indent(JSON.stringify(JSON.parse(text)))
  } catch {
    return undefined
  }
}

/** The parts of JSON without spaces: empty arrays and objects, strings, other values, punctuation. */
const PARTS = /\[\]|\{\}|"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|[^"[\]{},:]+|./gs

/** Stops when there is more than is shown: with its indentation, a deep value is many times longer. */
function indent(json: string): string {
  let text = ''
  let depth = 0
  const newLine = () => `\n${'  '.repeat(depth)}`
  for (const [part] of json.matchAll(PARTS)) {
    if (text.length > BOUNDS.maxBytes) break
    if (part === '[' || part === '{') depth += 1
    if (part === ']' || part === '}') {
      depth -= 1
      text += newLine()
    }
    text += part === ':' ? ': ' : part
    if (part === ',' || part === '[' || part === '{') text += newLine()
  }
  return text
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
