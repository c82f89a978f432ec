/** The function of Node, for the types of what takes its place. */
export type Fetch = typeof globalThis.fetch

export interface FetchBounds {
  /** Milliseconds for connection, headers and body together. */
  readonly timeoutMs: number
  /** The largest body that is read, counted after decompression. */
  readonly maxBytes: number
  /** Whether a larger body is cut. Otherwise, it is an error. */
  readonly cuts?: boolean
}

/** Levels of JSON: code that visits a value calls itself for each of them. */
const MAX_DEPTH = 100

/**
 * Fetches a URL and reads the body of the response. All requests to other servers go through here, so
 * that none of them can hold up this process or fill its memory. Redirects are errors, unless the
 * caller says otherwise. A signal of the caller is ignored.
 *
 * @throws Error if there is no response in time, or its body is too large, or JSON with too many levels
 */
export async function boundedFetch(
  url: string | URL,
  { timeoutMs, maxBytes, cuts = false }: FetchBounds,
  init: RequestInit = {},
): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, { redirect: 'error', ...init, signal })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(response, signal)) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > maxBytes) break
  }
  if (size > maxBytes && !cuts) throw new Error(`The response is larger than ${maxBytes} bytes`)
  const body = Buffer.concat(chunks).subarray(0, maxBytes).toString()
  if (isTooDeep(body)) throw new Error(`The response has more than ${MAX_DEPTH} levels`)
  const { status, headers } = response
  return new Response(body === '' ? null : body, { status, headers })
}

async function* chunksOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  // After a garbage collection, fetch no longer passes the signal on to the body:
  // https://github.com/nodejs/node/issues/55428
  const cancel = () => reader.cancel().catch(() => {}) // It rejects if the body failed already.
  signal.addEventListener('abort', cancel)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return
      yield value
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    // Closes the connection if the body is not read to its end.
    await cancel()
  }
}

/** Whether a text that begins as JSON has too many levels. It is not parsed first. */
function isTooDeep(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  let depth = 0
  let isInString = false
  for (let index = 0; index < text.length && depth <= MAX_DEPTH; index += 1) {
    const character = text[index]
    if (isInString && character === '\\') index += 1
    else if (character === '"') isInString = !isInString
    else if (isInString) continue
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') depth -= 1
  }
  return depth > MAX_DEPTH
}
