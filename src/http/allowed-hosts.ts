import { isLoopback } from '../tokens/issuer.ts'

/**
 * Whether a server may answer at a host. A page of another site can point its own name at this machine and is
 * then of the same origin as the server (DNS rebinding), but it cannot choose another `Host` than that name.
 *
 * @param host the value of a `Host` header, with or without a port
 * @param allowed names beside those of this machine; one that begins with a dot stands for its subdomains
 */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  const origin = `http://${host}`
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  const { hostname } = url
  return isLoopback(url) || allowed.some((name) => matches(hostname, name))
}

function matches(hostname: string, name: string): boolean {
  return name.startsWith('.') ? hostname.endsWith(name) : hostname === name
}
