import fp from 'fastify-plugin'
import { StatusError } from '../../http/http-error.ts'
import { type Logout, verifyLogoutToken } from '../../tokens/logout-token.ts'
import type { LoginContext } from '../context.ts'
import { storeKey } from '../sessions/encrypted-records.ts'

const body = {
  type: 'object',
  required: ['logout_token'],
  properties: { logout_token: { type: 'string' } },
} as const

/** Ends logins when the tenant reports a logout (OpenID Connect Back-Channel Logout §2.5 to §2.8). */
export const backchannelLogout = fp<LoginContext>(
  async (app, { logins, store, tokenExpectations }) => {
    app.post<{ Body: { logout_token: string } }>(
      '/backchannel-logout',
      { schema: { body } },
      async (request, reply) => {
        const { value: logout, code } = await verifyLogoutToken(
          request.body.logout_token,
          tokenExpectations,
        )
        if (code !== undefined) throw new StatusError(400, {}, code)
        const used = storeKey('jti', logout.identifier)
        if (!(await store.add(used, '', remainingMs(logout)))) {
          throw new StatusError(400, {}, 'logout_token_replayed')
        }
        try {
          await endLogins(logout)
        } catch (error) {
          // The logout failed: the tenant may send the same token again.
          await store.delete([used])
          throw error
        }
        return reply.code(200).send()
      },
    )

    async function endLogins({ sessionId, subject }: Logout): Promise<void> {
      if (sessionId !== undefined) await logins.endAll({ sessionId })
      else await logins.endAll({ subject: String(subject) })
    }

    /** How long the token would still be accepted. */
    function remainingMs({ expiresAt }: Logout): number {
      return (expiresAt + tokenExpectations.clockTolerance) * 1000 - tokenExpectations.now()
    }
  },
  {
    name: 'backchannel-logout',
    encapsulate: true,
    dependencies: ['errors', '@fastify/formbody'],
  },
)
