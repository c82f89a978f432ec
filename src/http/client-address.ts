import { isIP, isIPv4 } from 'node:net'
import { normalizeIP } from '@fastify/rate-limit'

/** What is counted as one client, if a proxy reports something that is not an address. */
const UNKNOWN = 'unknown'

/**
 * What identifies a client by its address, for limits: an IPv4 address, or the first address of the
 * /64 network of an IPv6 address. Some proxies report a port, brackets or a zone. With them, each
 * connection would be another client. Everything that is not an address counts as one client.
 *
 * @param reported the peer of the connection, or what a trusted proxy reported; it is undefined after
 *   the connection was closed
 */
export function clientAddress(reported = ''): string {
  if (isIPv4(reported)) return reported
  const address = bareAddress(reported)
  return isIP(address) === 0 ? UNKNOWN : normalizeIP(address)
}

/** The network of a client, within which it may have any number of addresses: /24, or /48 for IPv6. */
export function addressRange(reported: string | undefined): string {
  const address = clientAddress(reported)
  return isIP(address) === 4
    ? `${address.slice(0, address.lastIndexOf('.'))}.0`
    : normalizeIP(address, 48)
}

/** An address without a port, brackets or a zone. */
export function bareAddress(reported = ''): string {
  return withoutPort(reported.trim()).replace(/%.*$/s, '')
}

function withoutPort(text: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d*)?$/.exec(text) ?? []
  const [, beforePort] = /^([^:]*):\d*$/.exec(text) ?? []
  return bracketed ?? beforePort ?? text
}
