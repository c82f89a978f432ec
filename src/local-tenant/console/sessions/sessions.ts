import type { FastifyInstance } from 'fastify'
import { endSessions, type SessionControlOptions } from '../../controls/sessions.ts'
import type { Directory } from '../../directory/directory.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { parseParameters, requireParameter } from '../../protocol/parameters.ts'
import { leadBack, type Notices, noticeOf } from '../notice.ts'
import { isDelivered, PATH, sessionsView } from './sessions-view.ts'

export interface SessionsPageOptions extends SessionControlOptions {
  readonly directory: Directory
}

const NOTICES = {
  ended: { text: 'The session has ended, and its clients were notified.' },
  alone: { text: 'The session has ended. None of its clients takes logout tokens.' },
  undelivered: {
    text: 'The session has ended, but a client did not take the notice: see below.',
    isFailure: true,
  },
  gone: { text: 'This session had ended before.', isFailure: true },
} as const satisfies Notices

/** `/console/sessions`: who is logged in at the tenant, and what came of back-channel logout. */
export async function sessionsPage(
  app: FastifyInstance,
  { sessions, backchannel, directory }: SessionsPageOptions,
): Promise<void> {
  app.get(PATH, async ({ query }, reply) => {
    const notice = noticeOf(query, NOTICES)
    const deliveries = backchannel.deliveries()
    return sendPage(
      reply,
      sessionsView({ sessions: sessions.list(), deliveries, directory, notice }),
    )
  })

  app.post(PATH, async ({ body }, reply) => {
    const sid = requireParameter(parseParameters(body), 'sid')
    if (!sessions.list().some((session) => session.sid === sid)) {
      return leadBack(reply, PATH, 'gone', 'sessions')
    }
    const { notices } = await endSessions(
      { sessions, backchannel },
      (session) => session.sid === sid,
    )
    if (notices.length === 0) return leadBack(reply, PATH, 'alone', 'sessions')
    const done = notices.every(isDelivered) ? 'ended' : 'undelivered'
    return leadBack(reply, PATH, done, 'deliveries')
  })
}
