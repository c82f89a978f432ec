import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import { isAllowedHost } from '../http/allowed-hosts.ts'

/** The console and the controls: they are for the tenant's own pages, and for commands. */
const OWN_PATH = /^\/(local-tenant|console)\//

export interface CrossOriginOptions {
  /** The host names that are allowed beside those of this machine. */
  readonly allowedHosts: readonly string[]
}

/** Lets pages of other origins on this machine call the endpoints of the protocol and the Management API. */
export const crossOrigin = fp<CrossOriginOptions>(
  async (app, { allowedHosts }) => {
    await app.register(cors, {
      delegator: ({ url, headers }, done) =>
        done(null, {
          origin: !OWN_PATH.test(url) && isAllowedOrigin(headers.origin, allowedHosts),
          methods: ['GET', 'POST'],
          exposedHeaders: ['DPoP-Nonce', 'WWW-Authenticate'],
        }),
    })
  },
  { name: 'cross-origin' },
)

/** A scheme and a host (RFC 6454 §6.2). The parser of URLs takes much more. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[\w.:[\]-]+$/i

/** Whether an origin is on this machine or an allowed host, with any scheme and port. */
function isAllowedOrigin(origin = '', allowedHosts: readonly string[]): boolean {
  return (
    ORIGIN.test(origin) && URL.canParse(origin) && isAllowedHost(new URL(origin).host, allowedHosts)
  )
}
