import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { ApiRequest, ConsoleApi } from '../console/console-api.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import { requireJson } from './require-json.ts'

/** What no server could receive is refused here: it cannot be passed to the API. */
const schema = {
  body: {
    type: 'object',
    required: ['method', 'path', 'host', 'token'],
    properties: {
      method: { enum: METHODS },
      path: { type: 'string', pattern: '^/' },
      host: { type: 'string' },
      token: { type: 'string' },
      proof: { type: 'string' },
    },
  },
}

/** `POST /local-tenant/decisions`: what the running API does with a request. No handler runs. */
export async function decisionControl(
  app: FastifyInstance,
  { api }: { readonly api: () => ConsoleApi | undefined },
): Promise<void> {
  app.post<{ Body: ApiRequest }>(
    '/local-tenant/decisions',
    { schema, onRequest: requireJson },
    async ({ body }) => {
      const running = api()
      if (running !== undefined) return running.decide(body)
      throw new OAuthError('temporarily_unavailable', 'No API is connected to this tenant.', 503)
    },
  )
}
