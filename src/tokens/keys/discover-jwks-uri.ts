import { boundedFetch } from '../../utils/bounded-fetch.ts'
import { isLoopback, parseUrl } from '../issuer.ts'

/** The largest document that is read. */
const MAX_BYTES = 512 * 1024

/**
 * Finds the URL of an issuer's key set in its metadata: at the path of OpenID Connect Discovery 1.0 §4, and if
 * there is nothing (404), at that of RFC 8414 §3.1. The metadata must name the issuer exactly. Redirects are
 * not followed.
 *
 * @param timeoutMs for each of the two requests
 * @throws Error whose message states the problem
 */
export async function discoverJwksUri(issuer: string, timeoutMs: number): Promise<string> {
  const [first, second] = metadataUrls(issuer)
  const document =
    (await fetchMetadata(first, timeoutMs)) ?? (await fetchMetadata(second, timeoutMs))
  if (document === undefined) throw new Error(`The issuer has no metadata at ${first}`)
  const { issuer: name, jwks_uri: uri } = Object(document) as Readonly<Record<string, unknown>>
  if (name !== issuer) throw new Error(`The metadata at ${first} is of another issuer`)
  const url = typeof uri === 'string' ? parseUrl(uri) : undefined
  // A key set that is fetched without encryption could be changed on its way.
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal(issuer, url))
  if (!isSafe) throw new Error(`The metadata at ${first} has no jwks_uri with https`)
  return String(uri)
}

/** The metadata of an issuer: OpenID Connect Discovery 1.0 §4, RFC 8414 §3.1. */
export function metadataUrls(issuer: string): readonly [string, string] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

function isLocal(issuer: string, url: URL): boolean {
  return isLoopback(url) && isLoopback(new URL(issuer))
}

/** @returns undefined if there is nothing at this URL */
async function fetchMetadata(url: string, timeoutMs: number): Promise<unknown> {
  const bounds = { timeoutMs, maxBytes: MAX_BYTES }
  const response = await boundedFetch(url, bounds, { headers: { accept: 'application/json' } })
  if (response.status === 404) return undefined
  if (response.status !== 200) throw new Error(`${url} returned HTTP ${response.status}`)
  return response.json()
}
