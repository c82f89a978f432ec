import type { FastifyInstance } from 'fastify'
import { invite } from '../../controls/invitations.ts'
import { endSessions } from '../../controls/sessions.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { parseParameters, requireParameter } from '../../protocol/parameters.ts'
import type { ConsoleOptions } from '../console-options.ts'
import { directoryView } from './directory-page.ts'

const CONFIRMATIONS: Readonly<Record<string, string>> = {
  invited: 'The invitation was created.',
  ended: 'The session has ended, and its clients were notified.',
}

/** The page of invitations, sessions, organizations and clients. */
export async function directoryPage(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { directory, sessions, dataFile } = options

  app.get('/console/directory', async ({ query }, reply) => {
    const { done = '' } = parseParameters(query)
    const confirmation = (Object.hasOwn(CONFIRMATIONS, done) && CONFIRMATIONS[done]) || ''
    const view = { directory, sessions: sessions.list(), dataFile, confirmation }
    return sendPage(reply, directoryView(view))
  })

  app.post('/console/invitations', async ({ body }, reply) => {
    const parameters = parseParameters(body)
    const organization = requireParameter(parameters, 'organization')
    invite(directory, { organization, email: requireParameter(parameters, 'email') })
    return reply.redirect('/console/directory?done=invited', 303)
  })

  app.post('/console/sessions/end', async ({ body }, reply) => {
    const sid = requireParameter(parseParameters(body), 'sid')
    await endSessions(options, (session) => session.sid === sid)
    return reply.redirect('/console/directory?done=ended', 303)
  })
}
