import type { FastifyInstance } from 'fastify'
import { StatusError } from '../../plugins/errors.ts'
import { ClientTokenError } from '../../tokens/client-token-errors.ts'
import { type LoggedOut, verifyLogoutToken } from '../../tokens/logout-token.ts'
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
      const loggedOut = await judged(request.body.logout_token)
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

  async function judged(token: string): Promise<LoggedOut> {
    try {
      return await verifyLogoutToken(token, expected)
    } catch (error) {
      if (error instanceof ClientTokenError) throw new StatusError(400, {}, error.code)
      throw error
    }
  }

  async function end({ sessionId, subject }: LoggedOut): Promise<void> {
    if (sessionId !== undefined) await logins.endAll({ sessionId })
    else await logins.endAll({ subject: String(subject) })
  }

  /** For as long as the token would be accepted, in milliseconds. */
  function lifetimeOf({ expiresAt }: LoggedOut): number {
    return (expiresAt + expected.clockTolerance) * 1000 - expected.now()
  }
}
