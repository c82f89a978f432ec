import type { FastifyInstance } from 'fastify'
import { invite } from '../controls/invitations.ts'
import { endSessions, type SessionControlOptions } from '../controls/sessions.ts'
import type { Directory } from '../directory/directory.ts'
import { parametersOf, required } from '../protocol/parameters.ts'

export interface PeopleOptions extends SessionControlOptions {
  readonly directory: Directory
}

/** The forms that invite somebody, and end a session. */
export async function people(app: FastifyInstance, options: PeopleOptions): Promise<void> {
  app.post('/console/invitations', async ({ body }, reply) => {
    const parameters = parametersOf(body)
    const organization = required(parameters, 'organization')
    invite(options.directory, { organization, email: required(parameters, 'email') })
    return reply.redirect('/?done=invited', 303)
  })

  app.post('/console/sessions/end', async ({ body }, reply) => {
    const wanted = required(parametersOf(body), 'sid')
    await endSessions(options, ({ sid }) => sid === wanted)
    return reply.redirect('/?done=ended', 303)
  })
}
