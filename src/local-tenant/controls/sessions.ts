import type { FastifyInstance } from 'fastify'
import type { BackchannelLogout, Notice } from '../protocol/authorization/backchannel-logout.ts'
import type { Session, Sessions } from '../protocol/authorization/sessions.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { onlyJson } from './require-json.ts'

const schema = {
  body: {
    type: 'object',
    anyOf: [{ required: ['sid'] }, { required: ['persona'] }],
    properties: { sid: { type: 'string' }, persona: { type: 'string' } },
  },
} as const

interface Body {
  readonly sid?: string
  readonly persona?: string
}

export interface SessionControlOptions {
  readonly sessions: Sessions
  readonly backchannel: BackchannelLogout
}

/**
 * Ends the sessions that a test holds for; their clients are told.
 *
 * @throws OAuthError `not_found` where there are none
 */
export async function endSessions(
  { sessions, backchannel }: SessionControlOptions,
  test: (session: Session) => boolean,
): Promise<{ ended: string[]; notices: Notice[] }> {
  const ended = sessions.endWhere(test)
  if (ended.length === 0) throw new OAuthError('not_found', 'There is no such session.', 404)
  return { ended: ended.map(({ sid }) => sid), notices: await backchannel.tell(ended) }
}

/** Ends sessions from outside their browsers, as an administrator would. */
export async function sessionControl(
  app: FastifyInstance,
  options: SessionControlOptions,
): Promise<void> {
  app.post<{ Body: Body }>(
    '/local-tenant/sessions/end',
    { schema, onRequest: onlyJson },
    ({ body }) =>
      endSessions(options, ({ sid, persona }) =>
        body.sid === undefined ? persona.name === body.persona : sid === body.sid,
      ),
  )
}
