import { isAllowedHost } from '../http/allowed-hosts.ts'

/** Schemes whose URLs run code or show files in the browser that opens them. */
const UNSAFE = ['javascript:', 'data:', 'vbscript:', 'blob:', 'file:']

/** Whether a browser may be sent to a URL with a code. Apps on phones have schemes of their own. */
export function isSafeUrl(url: string): boolean {
  return URL.canParse(url) && !UNSAFE.includes(new URL(url).protocol)
}

/** Whether a URL is http(s) and on this machine or an allowed host: nothing else is opened or called. */
export function isReachableUrl(url: string, allowedHosts: readonly string[]): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host } = new URL(url)
  return /^https?:$/.test(protocol) && isAllowedHost(host, allowedHosts)
}
