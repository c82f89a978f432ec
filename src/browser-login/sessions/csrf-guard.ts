import csrf from '@fastify/csrf-protection'
import type { preHandlerHookHandler, RouteShorthandOptions } from 'fastify'
import fp from 'fastify-plugin'
import { PageError } from '../errors.ts'

/** The codes of @fastify/csrf-protection: the page is older than the session, or the session has ended. */
export const STALE_PAGE = ['FST_CSRF_INVALID_TOKEN', 'FST_CSRF_MISSING_SECRET']

/** Options of a route that only pages of this origin may call. */
export type CsrfGuard = Required<Pick<RouteShorthandOptions, 'onRequest' | 'preHandler'>>

declare module 'fastify' {
  interface FastifyInstance {
    /** Read it with `getDecorator`, which throws if it is missing: the route would have no protection. */
    csrfGuard: CsrfGuard
  }
}

export interface CsrfGuardOptions {
  /** The origin of this server, as browsers know it. */
  readonly origin: string
}

/**
 * Protects routes against cross-site request forgery (CSRF) in two ways: the browser must report
 * that the request comes from this origin, and the request must carry the CSRF token of a page.
 *
 * `SameSite` cookies alone are not enough: pages on other ports of the same host are same-site.
 */
export const csrfGuard = fp<CsrfGuardOptions>(
  async (app, { origin }) => {
    await app.register(csrf, { sessionPlugin: '@fastify/session' })
    app.decorate('csrfGuard', {
      async onRequest({ headers }) {
        // Fetch Metadata; browsers that are too old for it send at least Origin.
        const site = headers['sec-fetch-site']
        const isSame = site === undefined ? headers.origin === origin : site === 'same-origin'
        if (!isSame) throw new PageError(403, 'request_forged')
      },
      preHandler: app.getDecorator<preHandlerHookHandler>('csrfProtection'),
    })
  },
  { name: 'csrf-guard', dependencies: ['errors', 'session'] },
)
