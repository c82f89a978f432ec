/** For each request of a check. */
export const TIMEOUT_MS = 5_000

/** Fetches a URL that should respond quickly and without a redirect. */
export function fetchWithTimeout(url: string): Promise<Response> {
  return fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
}
