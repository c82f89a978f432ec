import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'
import { StatusError } from './errors.ts'
import { fieldValues } from './header-fields.ts'

/** The most that a request may say before its body, in bytes. */
const MAX_SIZE = 16 * 1024

/** A host name or address and perhaps a port (RFC 9110 §7.2). */
const HOST = /^([\w-]+(\.[\w-]+)*\.?|\[[\da-f:.]+\])(:\d{1,5})?$/i

/** Refuses what Node's parser lets through: too many header lines, and no, several or odd hosts. */
export const requestHead = fp(
  async (app) => {
    // Lines past Node's own limit would be left out in silence, and one of them may matter.
    app.server.maxHeadersCount = 0
    app.addHook('onRequest', ({ raw }, _reply, done) => {
      if (isTooLarge(raw)) return done(new StatusError(431))
      done(namesOneHost(raw) ? undefined : new StatusError(400))
    })
  },
  { name: 'request-head', dependencies: ['errors', 'cors'] },
)

/** Node counts names and values, and not what stands between them: many short lines add up. */
function isTooLarge({ rawHeaders }: IncomingMessage): boolean {
  if (rawHeaders.length < 200) return false
  const separators = 2 * rawHeaders.length
  return rawHeaders.reduce((size, text) => size + text.length, separators) > MAX_SIZE
}

/** HTTP/1.1 wants exactly one host (RFC 9112 §3.2), the target's own where that names one (§3.2.2). */
function namesOneHost(request: IncomingMessage): boolean {
  const { url = '', httpVersion } = request
  const [host, ...others] = fieldValues(request, 'host')
  if (host === undefined) return httpVersion === '1.0'
  if (others.length > 0 || !HOST.test(host)) return false
  if (url.startsWith('/') || !URL.canParse(url)) return true
  const origin = `http://${host}`
  return URL.canParse(origin) && new URL(url).host === new URL(origin).host
}
