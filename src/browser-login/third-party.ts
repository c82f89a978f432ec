/** For connection, headers and body together, in milliseconds. */
const TIMEOUT = 5_000
/** How much of an answer is shown, in characters; twice as many bytes are read. */
const MAX_SIZE = 64 * 1024

/**
 * What an API answers to a token, as text to show: JSON in lines, cut where it is too long, and
 * without the token, should the API repeat it.
 *
 * @throws Error where it fails, or takes too long
 */
export async function askThirdParty(url: string, token: string): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, text/plain', authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`The third party answered ${response.status}.`)
  }
  const text = inLines(await readText(response.body ?? []))
  const told = text.replaceAll(token, '[redacted]').replaceAll(inJson(token), '[redacted]')
  return told.length > MAX_SIZE ? `${told.slice(0, MAX_SIZE)} […]` : told
}

async function readText(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the stream, and with it the connection.
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > 2 * MAX_SIZE) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function inLines(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
