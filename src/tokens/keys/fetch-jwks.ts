/** The largest key set that is read, counted after decompression. */
const MAX_BYTES = 512 * 1024

/**
 * Fetches a JWK Set (RFC 7517 §5). Only status 200 with a JSON object that has an array of keys is
 * accepted. Redirects are not followed, and no more than the limit is read, however it is compressed.
 *
 * @param timeout milliseconds for connection, headers and body together
 * @returns the members of `keys`, not validated yet
 * @throws Error whose message states the problem
 */
export async function fetchJwks(url: string, timeout: number): Promise<readonly unknown[]> {
  const signal = AbortSignal.timeout(timeout)
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal,
  })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw new Error(`JWKS endpoint returned HTTP ${response.status}`)
  }
  const set: unknown = JSON.parse(await readText(response.body, signal))
  const keys = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('JWKS response is not a JWK Set')
  return keys
}

async function readText(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body.getReader()
  // After a garbage collection, fetch no longer passes the signal on to the body:
  // https://github.com/nodejs/node/issues/55428
  const cancel = () => reader.cancel().catch(() => {}) // It rejects if the body failed already.
  signal.addEventListener('abort', cancel)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return Buffer.concat(chunks).toString('utf8')
      size += value.byteLength
      if (size > MAX_BYTES) throw new Error(`JWKS response is larger than ${MAX_BYTES} bytes`)
      chunks.push(value)
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    // Closes the connection if the body is not read to its end.
    await cancel()
  }
}
