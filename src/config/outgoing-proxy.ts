import { ConfigError } from './config-error.ts'
import { type Environment, setting } from './environment.ts'

/** What is on this machine is not reached through a proxy: the local tenant, for example. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** The proxies of the environment, as most programs read them. An empty text stands for none. */
interface OutgoingProxies {
  readonly httpProxy: string
  readonly httpsProxy: string
  /** Hosts that are reached without a proxy, comma-separated. */
  readonly noProxy: string
}

function proxiesOf(sources: readonly Environment[]): OutgoingProxies | undefined {
  const httpProxy = proxyOf(sources, 'HTTP_PROXY')
  const httpsProxy = proxyOf(sources, 'HTTPS_PROXY')
  const exceptions = variable(sources, 'NO_PROXY')
  if (exceptions === '*' || (httpProxy || httpsProxy) === '') return undefined
  return { httpProxy, httpsProxy, noProxy: [exceptions, ...LOOPBACK].join(',') }
}

/** The name in lower case takes precedence, as in curl. */
function variable(sources: readonly Environment[], name: string): string {
  return setting(sources, name.toLowerCase(), setting(sources, name, ''))
}

function proxyOf(sources: readonly Environment[], name: string): string {
  const url = variable(sources, name)
  if (url === '') return url
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new ConfigError([{ problem: `${name} is invalid`, expected: 'an http:// or https:// URL' }])
}

/**
 * Makes `fetch` use the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in the whole process. Node
 * itself does so from version 24 on, and only where `NODE_USE_ENV_PROXY` is set.
 *
 * @throws ConfigError if a proxy is not a URL
 */
export async function useProxies(sources: readonly Environment[]): Promise<void> {
  const proxies = proxiesOf(sources)
  if (proxies === undefined) return
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import('undici')
  setGlobalDispatcher(new EnvHttpProxyAgent(proxies))
}

/** The host of the proxy for https URLs, without a password; undefined if there is none. */
export function httpsProxyHost(sources: readonly Environment[]): string | undefined {
  const proxies = proxiesOf(sources)
  return proxies && new URL(proxies.httpsProxy || proxies.httpProxy).host
}
