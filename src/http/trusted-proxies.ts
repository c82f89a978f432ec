import { compile } from '@fastify/proxy-addr'
import { bareAddress } from './client-address.ts'

/**
 * Prepares `trustProxy` for Fastify, which compares what proxies report as it is. Some report a port.
 * The last trusted proxy would then count as the client, and all its clients as one.
 *
 * @param proxies addresses and networks, or false for none
 */
export function trustedProxies(
  proxies: readonly string[] | false,
): ((address: string, hop: number) => boolean) | false {
  if (proxies === false) return false
  const isTrusted = compile([...proxies])
  return (address, hop) => isTrusted(bareAddress(address), hop)
}
