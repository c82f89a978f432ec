import type { FastifyInstance } from 'fastify'
import type {
  BackchannelLogout,
  LogoutDelivery,
} from '../protocol/authorization/backchannel-logout.ts'
import type { Session, Sessions } from '../protocol/authorization/sessions.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { requireJson } from './require-json.ts'

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
 * Ends all sessions that match, and notifies their clients.
 *
 * @throws OAuthError `not_found` if no session matches
 */
export async function endSessions(
  { sessions, backchannel }: SessionControlOptions,
  predicate: (session: Session) => boolean,
): Promise<{ ended: string[]; notices: LogoutDelivery[] }> {
  const ended = sessions.endWhere(predicate)
  if (ended.length === 0) throw new OAuthError('not_found', 'No matching session.', 404)
  return { ended: ended.map(({ sid }) => sid), notices: await backchannel.notify(ended) }
}

/** `POST /local-tenant/sessions/end`: ends sessions as an administrator would. */
export async function sessionControl(
  app: FastifyInstance,
  options: SessionControlOptions,
): Promise<void> {
  app.post<{ Body: Body }>(
    '/local-tenant/sessions/end',
    { schema, onRequest: requireJson },
    ({ body }) =>
      endSessions(options, ({ sid, persona }) =>
        body.sid === undefined ? persona.name === body.persona : sid === body.sid,
      ),
  )
}
