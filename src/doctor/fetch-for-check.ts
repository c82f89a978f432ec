import { boundedFetch } from '../utils/bounded-fetch.ts'

/** For each request of a check. */
export const TIMEOUT_MS = 5_000

/** What is longer is of no use for a check. */
const MAX_BYTES = 512 * 1024

/** Fetches a URL that should respond quickly and without a redirect. */
export function fetchForCheck(url: string, init: RequestInit = {}): Promise<Response> {
  return boundedFetch(url, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, cuts: true }, init)
}

/** The members of a JSON object; none if the response is something else. */
export async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  return Object(await response.json().catch(() => ({})))
}
