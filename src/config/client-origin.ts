import { createRequire } from 'node:module'
import { isPattern } from '../access/client-origins.ts'
import { originOf } from '../tokens/issuer.ts'

/** An origin of an app shell. `URL` knows no origin for these schemes. */
const APP_ORIGIN = /^(capacitor|ionic|tauri):\/\/[a-z0-9-]+(\.[a-z0-9-]+)*$/

/** Host name and port of a pattern; the host name has one `*`. */
const PATTERN = /^https:\/\/(?!.*\*.*\*)([a-z0-9*-]+(?:\.[a-z0-9*-]+)*)(:\d+)?$/

/** A label whose end names a site, such as `*--app`. */
const NAMED_LABEL = /\*--[a-z0-9]/

/**
 * Reads an entry of `CLIENT_ORIGIN_URL`.
 *
 * @returns the origin as a browser sends it, or a pattern with one `*`; undefined if it is neither
 */
export function clientOriginOf(text: string): string | undefined {
  if (isPattern(text)) return patternOf(text)
  const lowerCase = text.toLowerCase()
  return APP_ORIGIN.test(lowerCase) ? lowerCase : originOf(text)
}

/** An https origin with one `*` in a part of the host name that its owner assigns. */
function patternOf(text: string): string | undefined {
  const [, hostname = '', port = ''] = PATTERN.exec(text.toLowerCase()) ?? []
  const sample = originOf(`https://${hostname.replace('*', 'x')}${port}`)
  if (sample === undefined || !isInOwnedPart(hostname)) return undefined
  // The port as a browser sends it: without zeros in front, and without the default one.
  const sentPort = new URL(sample).port
  return `https://${hostname}${sentPort && `:${sentPort}`}`
}

/**
 * Whether only the owner of the domain can create the hosts that a pattern stands for. Anyone can
 * register a name below `com`, and a site below `netlify.app`. Previews there have the name of their
 * site at the end of the label, as in `*--app.netlify.app`: anyone could register a site that begins
 * with the name.
 */
function isInOwnedPart(hostname: string): boolean {
  const { getDomain } = publicSuffixes()
  const labels = hostname.split('.')
  const index = labels.findIndex(isPattern)
  const domain = getDomain(hostname.replace('*', 'x'), {
    allowPrivateDomains: !NAMED_LABEL.test(String(labels[index])),
  })
  return domain !== null && index < labels.length - domain.split('.').length
}

/** Loads the Public Suffix List on demand: it is large, and few servers have a pattern. */
function publicSuffixes(): typeof import('tldts') {
  return createRequire(import.meta.url)('tldts')
}
