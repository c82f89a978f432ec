import { ClientOrigins } from '../access/client-origins.ts'
import type { Hint } from '../observability/request-log.ts'

/** How many origins a hint names. */
const MAX_NAMES = 10

/**
 * Explains in the log why a browser does not let a page read the response. It names the allowed
 * origins, never the one of the request.
 *
 * @param origins origins, and patterns with one `*`
 * @returns undefined for a request without `Origin`, or with an allowed one
 */
export function originHint(
  origins: readonly string[],
): (request: Parameters<Hint>[1]) => string | undefined {
  const allowed = new ClientOrigins(origins)
  const more = origins.length > MAX_NAMES ? ` and ${origins.length - MAX_NAMES} more` : ''
  const names = `${origins.slice(0, MAX_NAMES).join(', ')}${more}`
  const hint = `The browser hides this response, because CLIENT_ORIGIN_URL does not contain the origin of the page. It allows ${names}. Scheme, host name and port must be the same.`
  return ({ headers, host }) => {
    const { origin } = headers
    if (origin === undefined || allowed.has(origin)) return undefined
    // A page of this server itself, such as a form of the browser login, needs no CORS.
    const isSameOrigin = headers['sec-fetch-site'] === 'same-origin' || origin.endsWith(`//${host}`)
    return isSameOrigin ? undefined : hint
  }
}
