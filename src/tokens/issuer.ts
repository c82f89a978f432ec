import { isIPv4 } from 'node:net'

/** The issuer's name in tokens (`iss`, compared exactly) and the URL of its key set. */
export interface Issuer {
  readonly issuer: string
  /** Undefined if the issuer's metadata has it. */
  readonly jwksUrl: string | undefined
}

const REPAIRED = /[\s\\%\p{C}]|^[a-z]+:(?!\/\/[^/])/iu
const HOST_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/

/**
 * Reads a tenant's domain: `name.region.auth0.com`, a custom domain, or a full origin. The issuer
 * is the origin with one trailing slash, as Auth0 writes it; the key set is at the well-known path.
 *
 * @returns undefined where the domain has a path, credentials, a query or a scheme other than
 *   https, or plain http for a host that is not this machine
 */
export function issuerOf(domain: string): Issuer | undefined {
  const url = parseUrl(domain.includes('://') ? domain : `https://${domain}`)
  if (url === undefined || !isOrigin(url)) return undefined
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) return undefined
  return { issuer: `${url.origin}/`, jwksUrl: `${url.origin}/.well-known/jwks.json` }
}

/**
 * Reads the name of an issuer (OpenID Connect Core §2): an https URL without query and fragment, or an http URL
 * on this machine. The text stays as it is, because names are compared exactly.
 */
export function issuerUrlOf(text: string): string | undefined {
  const url = parseUrl(text)
  if (url === undefined || /[?#@]/.test(text)) return undefined
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
    ? text
    : undefined
}

/**
 * Reads a browser origin (RFC 6454 §6.2), http or https.
 *
 * @returns the origin as a browser sends it, or undefined where the text is not an origin
 */
export function originOf(text: string): string | undefined {
  const url = parseUrl(text)
  return url !== undefined && isOrigin(url) && /^https?:$/.test(url.protocol)
    ? url.origin
    : undefined
}

/**
 * Parses a URL. A text that the parser would repair is invalid: it drops white space and encodings, takes a
 * backslash for a slash, and a number for an address, so that the host would not be the one that is written.
 */
export function parseUrl(text: string): URL | undefined {
  if (REPAIRED.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return isIPv4(url.hostname) && !text.includes(url.hostname) ? undefined : url
}

/** Whether a URL has nothing beyond scheme, host and port (a single slash is accepted). */
function isOrigin(url: URL): boolean {
  const { origin, href, hostname } = url
  return href === `${origin}/` && (HOST_NAME.test(hostname) || hostname.startsWith('['))
}

/** Whether a URL stays on this machine. */
export function isLoopback({ hostname }: URL): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true
  return isIPv4(hostname) && hostname.startsWith('127.')
}
