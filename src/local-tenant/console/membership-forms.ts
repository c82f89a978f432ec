import type { FastifyInstance } from 'fastify'
import { invite } from '../controls/invitations.ts'
import { endSessions, type SessionControlOptions } from '../controls/sessions.ts'
import type { Directory } from '../directory/directory.ts'
import { parseParameters, requireParameter } from '../protocol/parameters.ts'

export interface MembershipFormOptions extends SessionControlOptions {
  readonly directory: Directory
}

/** Handles the console's forms for invitations and sessions. */
export async function membershipForms(
  app: FastifyInstance,
  options: MembershipFormOptions,
): Promise<void> {
  app.post('/console/invitations', async ({ body }, reply) => {
    const parameters = parseParameters(body)
    const organization = requireParameter(parameters, 'organization')
    invite(options.directory, { organization, email: requireParameter(parameters, 'email') })
    return reply.redirect('/?done=invited', 303)
  })

  app.post('/console/sessions/end', async ({ body }, reply) => {
    const sid = requireParameter(parseParameters(body), 'sid')
    await endSessions(options, (session) => session.sid === sid)
    return reply.redirect('/?done=ended', 303)
  })
}
