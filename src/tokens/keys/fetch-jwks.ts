/** The largest key set that is read, in bytes, counted after decompression. */
const MAX_SIZE = 512 * 1024

/**
 * Fetches a key set (RFC 7517 §5). Only a 200 with a JSON object that has an array of keys will do:
 * no redirect is followed, and nothing is read beyond the bound, however it is compressed.
 *
 * @param timeout milliseconds for connection, headers and body together
 * @returns the members of `keys`, of which nothing is known yet
 * @throws Error that says what was wrong
 */
export async function fetchKeySet(url: string, timeout: number): Promise<readonly unknown[]> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeout),
  })
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw new Error(`The key set answered ${response.status}.`)
  }
  const set: unknown = JSON.parse(await readText(response.body))
  const keys = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('The key set is no JSON object with an array of keys.')
  return keys
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the stream, and with it the connection.
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_SIZE) throw new Error(`The key set is larger than ${MAX_SIZE} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
