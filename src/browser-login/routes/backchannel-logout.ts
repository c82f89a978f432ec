import type { FastifyInstance } from 'fastify'
import { StatusError } from '../../plugins/errors.ts'
import { type Logout, verifyLogoutToken } from '../../tokens/logout-token.ts'
import type { Room } from '../context.ts'
import { keyOf } from '../sessions/sealed-records.ts'

const body = {
  type: 'object',
  required: ['logout_token'],
  properties: { logout_token: { type: 'string' } },
} as const

/** The tenant says who logged out there (OpenID Connect Back-Channel Logout §2.5 to §2.8). */
export async function backchannelLogout(app: FastifyInstance, room: Room): Promise<void> {
  const { logins, store, expected } = room

  app.post<{ Body: { logout_token: string } }>(
    '/backchannel-logout',
    { schema: { body } },
    async (request, reply) => {
      const { value: loggedOut, code } = await verifyLogoutToken(
        request.body.logout_token,
        expected,
      )
      if (code !== undefined) throw new StatusError(400, {}, code)
      const used = keyOf('jti', loggedOut.identifier)
      if (!(await store.add(used, '', lifetimeOf(loggedOut)))) {
        throw new StatusError(400, {}, 'logout_token_replayed')
      }
      try {
        await end(loggedOut)
      } catch (error) {
        // What was not carried out may come again.
        await store.delete([used])
        throw error
      }
      return reply.code(200).send()
    },
  )

  async function end({ sessionId, subject }: Logout): Promise<void> {
    if (sessionId !== undefined) await logins.endAll({ sessionId })
    else await logins.endAll({ subject: String(subject) })
  }

  /** For as long as the token would be accepted, in milliseconds. */
  function lifetimeOf({ expiresAt }: Logout): number {
    return (expiresAt + expected.clockTolerance) * 1000 - expected.now()
  }
}
