import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { type BrowserOptions, furnish } from './context.ts'
import { logCauses, problemOf } from './errors.ts'
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
import { signedIn } from './sessions/require-login.ts'
import { session } from './sessions/session.ts'
import { StoreUnavailableError } from './sessions/store.ts'

/**
 * The optional browser login: pages for people, behind sessions of their own. To the API's guard all
 * of its routes are public; it looks at no access token of theirs, and the API at none of its cookies.
 */
export async function browser(app: FastifyInstance, options: BrowserOptions): Promise<void> {
  const room = furnish(options, app.log)
  const { store, records, config } = room
  app.scopeAccess = 'public'
  app.addHook('onClose', () => store.close())
  app.addHook('onRequest', async () => {
    if (!store.ready) throw new StoreUnavailableError()
  })
  // What programs ask for is answered as the API answers.
  app.setErrorHandler((error, request) => {
    const problem = problemOf(error)
    logCauses(request, problem)
    throw problem
  })
  await app.register(formbody)
  await app.register(backchannelLogout, room)

  await app.register(async (behindSessions) => {
    await behindSessions.register(session, {
      store,
      records,
      secrets: config.sessionSecrets,
      secure: config.baseUrl.startsWith('https:'),
      idleTimeout: config.idleTimeout,
    })
    await behindSessions.register(signedIn, room)
    await behindSessions.register(sessionToken, room)

    await behindSessions.register(async (forPeople) => {
      await forPeople.register(pages, { tenant: new URL(options.issuer).origin })
      await forPeople.register(errorPages)
      for (const part of [home, login, callback, profile, logout, federated]) {
        await forPeople.register(part, room)
      }
    })
  })
}
