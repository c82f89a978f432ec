/** What `URL` would repair: credentials in the authority, backslashes, white space. */
const HTTP_URI = /^https?:\/\/[^\s\\/?#@]+(?:[/?#][^\s\\]*)?$/i
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i
const UNRESERVED = /[\w.~-]/

/**
 * Normalizes an http(s) URI and removes its query and fragment (RFC 9449 §4.3, RFC 3986 §6.2.2,
 * §6.2.3), so that two URIs can be compared.
 *
 * @returns undefined if the text is not such a URI
 */
export function normalizeUri(text: string): string | undefined {
  if (!HTTP_URI.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname } = new URL(text)
  return origin + pathname.replace(/%[\da-f]{2}/gi, normalizeTriplet)
}

/**
 * The normalized URI of a request.
 *
 * @param base the URL of the server, without a slash at its end
 * @param target the request target (RFC 9112 §3.2)
 * @returns undefined if the target is not a path, or has dot segments. The router does not resolve
 *   them, so that a proof for one route would fit another.
 */
export function targetUri(base: string, target: string): string | undefined {
  const [path = ''] = target.split(/[?#]/, 1)
  return path.startsWith('/') && !DOT_SEGMENT.test(path) ? normalizeUri(base + path) : undefined
}

function normalizeTriplet(triplet: string): string {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
  return UNRESERVED.test(character) ? character : triplet.toUpperCase()
}
