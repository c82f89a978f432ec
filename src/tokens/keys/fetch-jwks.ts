import { boundedFetch } from '../../utils/bounded-fetch.ts'

/** The largest key set that is read. */
const MAX_BYTES = 512 * 1024

/**
 * Fetches a JWK Set (RFC 7517 §5). Only status 200 with a JSON object that has an array of keys is
 * accepted. Redirects are not followed.
 *
 * @param timeoutMs for connection, headers and body together
 * @returns the members of `keys`, not validated yet
 * @throws Error whose message states the problem
 */
export async function fetchJwks(url: string, timeoutMs: number): Promise<readonly unknown[]> {
  const bounds = { timeoutMs, maxBytes: MAX_BYTES }
  const response = await boundedFetch(url, bounds, { headers: { accept: 'application/json' } })
  if (response.status !== 200) throw new Error(`JWKS endpoint returned HTTP ${response.status}`)
  const set: unknown = await response.json()
  const keys = (set as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('JWKS response is not a JWK Set')
  return keys
}
