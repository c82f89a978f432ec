import { normalizeUri } from '../../tokens/dpop/target-uri.ts'

/**
 * Why `htu` is not the URL that the server expects: mostly, a proxy changes the URL.
 *
 * @param htu of the proof
 * @param expected the normalized URL of the request, as the server sees it
 * @returns undefined if no cause is known
 */
export function uriAdvice(htu: string, expected: string): string | undefined {
  const uri = normalizeUri(htu)
  if (uri === undefined) {
    return 'The claim htu is not an http(s) URL. It must be the whole URL of the request, without query and fragment.'
  }
  const [proof, server] = [new URL(uri), new URL(expected)]
  const saw = `The server expects ${expected}`
  if (proof.pathname !== server.pathname) {
    if (!proof.pathname.endsWith(server.pathname)) return undefined
    const base = uri.slice(0, -server.pathname.length)
    return `${saw}: a proxy removes a part of the path. Set PUBLIC_URL to the URL at which clients reach the server: ${base}`
  }
  if (proof.host === server.host || proof.hostname === server.hostname) {
    return `${saw}: TLS ends at a proxy, or a port differs. Set PUBLIC_URL=${proof.origin}, or TRUST_PROXY to the address of the proxy, if it sends X-Forwarded-Proto and passes Host on with its port.`
  }
  return `${saw}: the client uses another host, or a proxy changes Host. Set PUBLIC_URL=${proof.origin} if this is the server's public address, or let the proxy pass Host on.`
}
