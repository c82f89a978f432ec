import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'
import { isAllowedHost } from '../http/allowed-hosts.ts'
import { namesTwoHosts } from '../http/forwarded-host.ts'
import { fieldValues } from '../http/header-fields.ts'
import { StatusError } from '../http/http-error.ts'

/** The largest total size of the header lines. */
export const MAX_HEADER_BYTES = 16 * 1024

const MAX_LOGGED = 255
const HOST_ADVICE = 'The host is not allowed. ALLOWED_HOSTS names those beside localhost.'

/** A host name or an address, with an optional port (RFC 9110 §7.2). */
const HOST = /^([\w-]+(\.[\w-]+)*\.?|\[[\da-f:.]+\])(:\d{1,5})?$/i

/** Whether a text is the value of a `Host` field, without anything that begins another part of a URL. */
export function isHost(text: string): boolean {
  return HOST.test(text)
}

export interface RequestHeadOptions {
  /** The host names that requests may have, beside those of this machine; undefined for any. */
  readonly allowedHosts: readonly string[] | undefined
  /** Whether `X-Forwarded-Host` of a trusted proxy counts. Otherwise it is removed. */
  readonly trustForwardedHost: boolean
  /** The domain whose subdomains are organizations, if there is one. */
  readonly organizationDomain: string | undefined
}

/**
 * Rejects what Node's parser accepts: too many header lines, and a missing, repeated or bad Host. Where hosts
 * are restricted, rejects others. After it, `request.host` is the host that counts.
 */
export const requestHead = fp<RequestHeadOptions>(
  async (app, { allowedHosts, trustForwardedHost, organizationDomain }) => {
    // By default, Node 20 drops header lines past the 1000th without an error, and one of them may
    // matter: https://github.com/nodejs/node/issues/65470
    app.server.maxHeadersCount = 0
    app.addHook('onRequest', (request, _reply, done) => {
      const { raw, log } = request
      if (isTooLarge(raw)) return done(new StatusError(431))
      if (!hasOneHost(raw)) return done(new StatusError(400))
      // The asterisk-form asks about the server as a whole: no route is meant.
      if (raw.url === '*' && raw.method === 'OPTIONS') return done(new StatusError(404))
      if (!isWellFormed(raw)) return done(new StatusError(400))
      if (raw.headers['x-forwarded-host'] !== undefined) {
        if (!trustForwardedHost) delete raw.headers['x-forwarded-host']
        const { hostname } = request
        if (organizationDomain !== undefined && namesTwoHosts(raw, hostname, organizationDomain)) {
          return done(new StatusError(400, {}, 'hosts_differ'))
        }
      }
      const { host } = raw.headers
      if (allowedHosts === undefined || host === undefined) return done()
      if (isAllowedHost(host, allowedHosts)) return done()
      log.warn({ event: 'host_not_allowed', host: host.slice(0, MAX_LOGGED) }, HOST_ADVICE)
      done(new StatusError(421))
    })
  },
  { name: 'request-head', dependencies: ['errors', 'cors'] },
)

/** Node counts only names and values, not the separators: many short lines add up. */
function isTooLarge({ rawHeaders }: IncomingMessage): boolean {
  if (rawHeaders.length < 200) return false
  const separators = 2 * rawHeaders.length
  return rawHeaders.reduce((size, text) => size + text.length, separators) > MAX_HEADER_BYTES
}

/**
 * The origin-form and the absolute-form of a target (RFC 9112 §3.2). The router skips the first character
 * of others, so that `*` would be `/`.
 */
const TARGET = /^(\/|https?:\/\/[^/?#\\@]+\/)/

/**
 * Node's parser accepts a request line without a version, or with that of HTTP/2. No transfer coding but
 * `chunked` is known here, and HTTP/1.0 has none (RFC 9112 §6.1). Node's parser ignores an empty field, and
 * of several codings all but the last one.
 */
function isWellFormed({ url, httpVersion, headers }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding']
  const isFramed = coding === undefined || coding.toLowerCase() === 'chunked'
  const isKnown = httpVersion === '1.1' || (httpVersion === '1.0' && coding === undefined)
  return TARGET.test(String(url)) && isFramed && isKnown
}

/** HTTP/1.1 requires exactly one host (RFC 9112 §3.2), equal to that of the target (§3.2.2). */
function hasOneHost(request: IncomingMessage): boolean {
  const { url = '', httpVersion } = request
  const [host, ...others] = fieldValues(request, 'host')
  if (host === undefined) return httpVersion === '1.0'
  if (others.length > 0 || !isHost(host)) return false
  if (url.startsWith('/') || !URL.canParse(url)) return true
  const origin = `http://${host}`
  return URL.canParse(origin) && new URL(url).host === new URL(origin).host
}
