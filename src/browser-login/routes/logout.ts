import fp from 'fastify-plugin'
import type { LoginContext } from '../context.ts'
import { PageError } from '../errors.ts'
import { type CsrfGuard, STALE_PAGE } from '../sessions/csrf-guard.ts'
import { TenantUnavailableError } from '../tenant/errors.ts'
import { revokeRefreshToken } from '../tenant/revocation.ts'

/** Logs out here, and then at the tenant (OpenID Connect RP-Initiated Logout §2). */
export const logout = fp<LoginContext>(
  async (app, { config, logins, tenant }) => {
    const guard = app.getDecorator<CsrfGuard>('csrfGuard')

    app.post('/logout', {
      ...guard,
      // The request comes from a page of this origin, so it is not an attack. Another login is not ended.
      async errorHandler(error, request, reply) {
        if (!STALE_PAGE.includes(error.code)) throw error
        if ((await request.getLogin()) !== undefined) return reply.redirect('/', 303)
        await app.endSession(reply)
        return reply.redirect(await logoutUrl(), 303)
      },
      async handler(request, reply) {
        const login = await request.getLogin()
        await app.endSession(reply)
        if (login !== undefined) {
          await logins.end(login)
          await revokeRefreshToken(tenant, login.tokens, request.log)
        }
        return reply.redirect(await logoutUrl(login?.idToken), 303)
      },
    })

    /** Without a login here, there may still be one at the tenant. */
    async function logoutUrl(idToken?: string): Promise<string> {
      try {
        return await tenant.logoutUrl(idToken, `${config.baseUrl}/`)
      } catch (error) {
        if (!(error instanceof TenantUnavailableError)) throw error
        throw new PageError(503, 'logout_incomplete', { cause: error.cause })
      }
    }
  },
  {
    name: 'logout',
    encapsulate: true,
    dependencies: ['@fastify/formbody', 'login-requirement', 'csrf-guard', 'error-pages'],
  },
)
