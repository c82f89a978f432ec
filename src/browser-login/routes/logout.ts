import fp from 'fastify-plugin'
import type { LoginContext } from '../context.ts'
import { PageError } from '../errors.ts'
import type { CsrfGuard } from '../sessions/csrf-guard.ts'
import { TenantUnavailableError } from '../tenant/errors.ts'
import { revokeRefreshToken } from '../tenant/revocation.ts'

/** Logs out here, and then at the tenant (OpenID Connect RP-Initiated Logout §2). */
export const logout = fp<LoginContext>(
  async (app, { config, logins, tenant }) => {
    app.post('/logout', app.getDecorator<CsrfGuard>('csrfGuard'), async (request, reply) => {
      const login = await request.getLogin()
      await app.endSession(reply)
      if (login === undefined) return reply.redirect('/', 303)
      await logins.end(login)
      await revokeRefreshToken(tenant, login, request.log)
      try {
        return reply.redirect(await tenant.logoutUrl(login.idToken, `${config.baseUrl}/`), 303)
      } catch (error) {
        if (!(error instanceof TenantUnavailableError)) throw error
        throw new PageError(503, 'logout_incomplete', { cause: error.cause })
      }
    })
  },
  {
    name: 'logout',
    encapsulate: true,
    dependencies: ['@fastify/formbody', 'login-requirement', 'csrf-guard', 'error-pages'],
  },
)
