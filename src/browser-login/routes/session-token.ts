import fp from 'fastify-plugin'
import type { LoginContext } from '../context.ts'
import { type CsrfGuard, STALE_PAGE } from '../sessions/csrf-guard.ts'

/**
 * Returns the access token to a script of this origin, so that it can call the API. The refresh
 * token stays on the server.
 */
export const sessionToken = fp<LoginContext>(
  async (app, { tokenExpectations }) => {
    app.post('/session/token', {
      ...app.getDecorator<CsrfGuard>('csrfGuard'),
      // Without a login, there is no CSRF token that could be right: the script has to log in.
      async errorHandler(error, request) {
        if (STALE_PAGE.includes(error.code)) await request.requireLogin()
        throw error
      },
      async handler(request) {
        const { tokens } = await request.requireLogin()
        const expiresIn = Math.floor((tokens.expiresAt - tokenExpectations.now()) / 1000)
        return { access_token: tokens.accessToken, token_type: 'Bearer', expires_in: expiresIn }
      },
    })
  },
  {
    name: 'session-token',
    encapsulate: true,
    dependencies: ['login-requirement', 'csrf-guard'],
  },
)
