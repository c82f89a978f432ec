import { compile } from '@fastify/proxy-addr'
import { bareAddress } from './client-address.ts'

/** Whether the proxy at an address, so many hops away, is trusted. */
type IsTrusted = (address: string, hop: number) => boolean

/**
 * Prepares `trustProxy` for Fastify, which compares what proxies report as it is. Some report a port.
 * The last trusted proxy would then count as the client, and all its clients as one.
 *
 * @param proxies addresses and networks, a function, or false for none
 */
export function trustedProxies(proxies: readonly string[] | IsTrusted | false): IsTrusted | false {
  if (proxies === false || typeof proxies === 'function') return proxies
  const isTrusted = compile([...proxies])
  return (address, hop) => isTrusted(bareAddress(address), hop)
}
