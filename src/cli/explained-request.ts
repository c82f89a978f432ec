import { METHODS } from 'node:http'
import type { Config } from '../config/config.ts'
import type { DryRunRequest } from '../plugins/dry-run.ts'

/** What `explain` is called with, beside the token. */
export interface ExplainedOptions {
  readonly method: string
  /** A path, or a whole URL if organizations have subdomains. */
  readonly route?: string | undefined
  /** The URL that the client called, of a request with a proof. */
  readonly url?: string | undefined
  readonly proof?: string | undefined
}

/** A request with a token, as the server gets it. */
export interface ExplainedRequest {
  readonly method: DryRunRequest['method']
  readonly path: string
  readonly host: string
  readonly hostname: string
  /** What a trusted proxy says about it. */
  readonly forwarded: Pick<DryRunRequest, 'headers' | 'remoteAddress'>
}

/**
 * The request that the server gets, if a client calls a URL: a proxy removes the path of `PUBLIC_URL`, and
 * one that is trusted reports the scheme.
 *
 * @returns undefined if Node does not know the method
 */
export function explainedRequest(
  { method, route, url }: ExplainedOptions,
  firstRoute: string,
  { publicUrl, trustProxy }: Pick<Config, 'publicUrl' | 'trustProxy'>,
): ExplainedRequest | undefined {
  const name = method.toUpperCase()
  const target = url ?? route ?? firstRoute
  if (!METHODS.includes(name)) return undefined
  const request = { method: name as DryRunRequest['method'], forwarded: {} }
  if (!/^https?:/.test(target)) {
    return { ...request, path: target, host: 'localhost', hostname: 'localhost' }
  }
  const { origin, pathname, protocol, host, hostname } = new URL(target)
  const isPublic = publicUrl !== undefined && `${origin}${pathname}/`.startsWith(`${publicUrl}/`)
  const path = isPublic ? (origin + pathname).slice(publicUrl.length) || '/' : pathname
  if (trustProxy === false) return { ...request, path, host, hostname }
  const forwarded = {
    headers: { 'x-forwarded-proto': protocol.slice(0, -1) },
    remoteAddress: addressOf(String(trustProxy[0])),
  }
  return { ...request, path, host, hostname, forwarded }
}

/** Names of networks, as `TRUST_PROXY` takes them. */
const ADDRESSES: Readonly<Record<string, string>> = {
  loopback: '127.0.0.1',
  linklocal: '169.254.0.1',
  uniquelocal: '10.0.0.1',
}

/** An address of a network. */
function addressOf(network: string): string {
  return ADDRESSES[network] ?? network.replace(/\/.*/, '')
}
