import type { FastifyInstance } from 'fastify'
import type { AccessTokens } from './access-tokens.ts'
import { authenticateClient } from './client-authentication.ts'
import { api, personas } from './data.ts'
import { OAuthError } from './oauth-error.ts'
import { type Parameters, parametersOf } from './parameters.ts'

/** An extension grant (RFC 6749 §4.5) that no real tenant has: a persona's token without a login. */
const PERSONA_GRANT = 'urn:local-tenant:grant-type:persona'

type Grant = (parameters: Parameters, authorization: string | undefined) => Promise<string>

/** `POST /oauth/token` (RFC 6749 §3.2). */
export async function tokenEndpoint(
  app: FastifyInstance,
  { tokens }: { tokens: AccessTokens },
): Promise<void> {
  const grants: Readonly<Record<string, Grant>> = {
    async client_credentials(parameters, authorization) {
      const client = authenticateClient(authorization, parameters)
      checkAudience(parameters)
      if (client.granted === undefined) {
        throw new OAuthError('unauthorized_client', 'The client is granted nothing of this API.')
      }
      return tokens.forClient(client)
    },

    async [PERSONA_GRANT](parameters) {
      const persona = personas.find(({ name }) => name === parameters['persona'])
      if (persona === undefined) {
        const names = personas.map(({ name }) => name).join(', ')
        throw new OAuthError('invalid_grant', `There is no such persona. There are: ${names}.`)
      }
      return tokens.forPersona(persona)
    },
  }

  app.post('/oauth/token', async ({ body, headers }, reply) => {
    const parameters = parametersOf(body)
    const type = parameters['grant_type']
    if (type === undefined) throw new OAuthError('invalid_request', 'grant_type is missing.')
    const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
    if (grant === undefined) {
      throw new OAuthError('unsupported_grant_type', 'There is no such grant type here.')
    }
    const token = await grant(parameters, headers.authorization)
    reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    return { access_token: token, token_type: 'Bearer', expires_in: api.tokenLifetime }
  })
}

function checkAudience({ audience }: Parameters): void {
  if (audience === api.identifier) return
  throw audience === undefined
    ? new OAuthError('invalid_request', 'audience is missing.')
    : new OAuthError('access_denied', 'There is no API with this identifier.', 403)
}
