import type { FastifyInstance } from 'fastify'
import type { BackchannelLogout } from './backchannel-logout.ts'
import { OAuthError } from './oauth-error.ts'
import { onlyJson } from './only-json.ts'
import type { Sessions } from './sessions.ts'

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

/** Ends sessions from outside their browsers, as an administrator would; clients are told. */
export async function sessionControl(
  app: FastifyInstance,
  { sessions, backchannel }: SessionControlOptions,
): Promise<void> {
  app.post<{ Body: Body }>(
    '/local-tenant/sessions/end',
    { schema, onRequest: onlyJson },
    async ({ body }) => {
      const ended = sessions.endWhere(({ sid, persona }) =>
        body.sid === undefined ? persona.name === body.persona : sid === body.sid,
      )
      if (ended.length === 0) throw new OAuthError('not_found', 'There is no such session.', 404)
      return { ended: ended.map(({ sid }) => sid), notices: await backchannel.tell(ended) }
    },
  )
}
