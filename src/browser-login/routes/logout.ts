import type { FastifyInstance } from 'fastify'
import type { Room } from '../context.ts'
import { PageError } from '../errors.ts'
import { TenantUnavailableError } from '../tenant/errors.ts'
import { sameOriginOnly } from './same-origin.ts'

/** Logs out here, and then at the tenant (OpenID Connect RP-Initiated Logout §2). */
export async function logout(app: FastifyInstance, { config, logins, tenant }: Room) {
  const guards = { onRequest: sameOriginOnly(config.baseUrl), preHandler: app.csrfProtection }

  app.post('/logout', guards, async (request, reply) => {
    const login = await request.findLogin()
    await app.endSession(reply)
    if (login === undefined) return reply.redirect('/', 303)
    await logins.end(login)
    try {
      return reply.redirect(await tenant.logoutUrl(login.idToken, `${config.baseUrl}/`), 303)
    } catch (error) {
      if (!(error instanceof TenantUnavailableError)) throw error
      throw new PageError(503, 'logout_incomplete', { cause: error.cause })
    }
  })
}
