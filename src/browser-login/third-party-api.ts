/** For connection, headers and body together. */
const TIMEOUT_MS = 5_000
/** How much of a response is shown, in characters. Twice as many bytes are read. */
const MAX_LENGTH = 64 * 1024

/**
 * Calls a third-party API with an access token.
 *
 * @returns the body as text to show: JSON is indented, long text is cut, and the token is removed
 *   in case the API repeats it
 * @throws Error if the call fails or takes too long
 */
export async function callThirdPartyApi(url: string, token: string): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, text/plain', authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`Third-party API returned HTTP ${response.status}`)
  }
  const text = prettyPrint(await readText(response.body ?? []))
  const redacted = text.replaceAll(token, '[redacted]').replaceAll(escapeJson(token), '[redacted]')
  return redacted.length > MAX_LENGTH ? `${redacted.slice(0, MAX_LENGTH)} […]` : redacted
}

async function readText(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the stream and closes the connection.
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > 2 * MAX_LENGTH) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function prettyPrint(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
