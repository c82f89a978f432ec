import type { FastifyInstance } from 'fastify'
import { fieldValues } from '../http/header-fields.ts'
import { bearerToken } from '../tokens/bearer.ts'
import type { FederatedTokens } from './protocol/tokens/federated-tokens.ts'

/** A third-party API. It accepts only tokens that were exchanged for the connection `calendar`. */
export async function thirdParty(
  app: FastifyInstance,
  { federatedTokens }: { federatedTokens: FederatedTokens },
): Promise<void> {
  app.get('/third-party/calendar', async ({ raw }, reply) => {
    const { value: token = '' } = bearerToken(fieldValues(raw, 'authorization'))
    const grant = federatedTokens.grantOf(token, 'calendar')
    if (grant === undefined) {
      const challenge = 'Bearer realm="calendar", error="invalid_token"'
      return reply.code(401).header('www-authenticate', challenge).send({ error: 'invalid_token' })
    }
    const { displayName, email } = grant.persona
    return {
      owner: email,
      events: [
        { id: 'welcome', title: `Lunch with ${displayName}`, start: '2030-01-01T12:00:00Z' },
      ],
    }
  })
}
