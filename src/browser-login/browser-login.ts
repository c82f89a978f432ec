import formbody from '@fastify/formbody'
import fp from 'fastify-plugin'
import { stylesheetRoute } from '../html/stylesheet.ts'
import { type BrowserLoginOptions, createLoginContext } from './context.ts'
import { logCauses, toPageError } from './errors.ts'
import { addLoginMetrics } from './login-metrics.ts'
import { errorPages } from './pages/error-page.ts'
import { pages } from './pages/page.ts'
import { backchannelLogout } from './routes/backchannel-logout.ts'
import { callback } from './routes/callback.ts'
import { federated } from './routes/federated.ts'
import { home } from './routes/home.ts'
import { login } from './routes/login.ts'
import { logout } from './routes/logout.ts'
import { profile } from './routes/profile.ts'
import { sessionToken } from './routes/session-token.ts'
import { csrfGuard } from './sessions/csrf-guard.ts'
import { loginRequirement } from './sessions/require-login.ts'
import { session } from './sessions/session.ts'
import { StoreUnavailableError } from './sessions/store.ts'

/** Anybody may send these bodies: a form with one field, or a logout token. */
const MAX_BODY_BYTES = 8 * 1024

/**
 * The optional browser login: pages behind sessions. For the API's access policy all of its routes
 * are public. They ignore access tokens, and the API ignores their cookies.
 */
export const browserLogin = fp<BrowserLoginOptions>(
  async (app, options) => {
    const context = createLoginContext(options, app.log)
    const { store, records, config, counts } = context
    app.scopeAccess = 'public'
    // Before the hooks below: error pages need it too.
    await app.register(stylesheetRoute)
    app.addHook('onClose', () => store.close())
    addLoginMetrics(app, store, counts)
    app.redisConnections.set('sessions', () => store.status)
    app.addHook('onRequest', async () => {
      if (!store.ready) throw new StoreUnavailableError()
    })
    // Routes for programs return errors as the API does; only the pages below return HTML.
    app.setErrorHandler((error, request) => {
      const pageError = toPageError(error)
      logCauses(request, pageError)
      throw pageError
    })
    app.addHook('onRoute', (route) => {
      route.bodyLimit = MAX_BODY_BYTES
    })
    await app.register(formbody)
    await app.register(backchannelLogout, context)

    await app.register(async (withSession) => {
      await withSession.register(session, {
        store,
        records,
        secrets: config.sessionSecrets,
        secure: config.baseUrl.startsWith('https:'),
        cookieName: config.cookieName,
        idleTimeoutMs: config.idleTimeout,
      })
      await withSession.register(loginRequirement, context)
      await withSession.register(csrfGuard, { origin: config.baseUrl })
      await withSession.register(sessionToken, context)

      await withSession.register(async (withPages) => {
        await withPages.register(pages, { tenantOrigin: new URL(options.issuer).origin })
        await withPages.register(errorPages)
        for (const route of [home, login, callback, profile, logout, federated]) {
          await withPages.register(route, context)
        }
      })
    })
  },
  {
    name: 'browser-login',
    encapsulate: true,
    dependencies: ['errors', 'security-headers', 'not-found', 'declared-access'],
  },
)
