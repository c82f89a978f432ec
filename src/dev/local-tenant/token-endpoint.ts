import type { FastifyInstance } from 'fastify'
import { authenticateClient, identifyClient } from './client-authentication.ts'
import { api, type Persona } from './data.ts'
import type { Grants } from './grants.ts'
import { OAuthError } from './oauth-error.ts'
import { type Parameters, parametersOf, required } from './parameters.ts'
import { personaGrant } from './persona-grant.ts'
import type { TokenResponse, Tokens } from './tokens.ts'

/** An extension grant (RFC 6749 §4.5) that no real tenant has: a persona's token without a login. */
const PERSONA_GRANT = 'urn:local-tenant:grant-type:persona'

type GrantType = (
  parameters: Parameters,
  authorization: string | undefined,
) => Promise<TokenResponse>

export interface TokenEndpointOptions {
  readonly tokens: Tokens
  readonly grants: Grants
  readonly personas: readonly Persona[]
}

/** `POST /oauth/token` (RFC 6749 §3.2). */
export async function tokenEndpoint(
  app: FastifyInstance,
  { tokens, grants, personas }: TokenEndpointOptions,
): Promise<void> {
  const grantTypes: Readonly<Record<string, GrantType>> = {
    async authorization_code(parameters, authorization) {
      const client = identifyClient(authorization, parameters)
      const code = required(parameters, 'code')
      const { redirect_uri: redirectUri, code_verifier: verifier } = parameters
      const grant = grants.redeem(code, client, redirectUri, verifier)
      if (grant === undefined) throw new OAuthError('invalid_grant', 'The code is not good.')
      return tokens.forGrant(grant)
    },

    async refresh_token(parameters, authorization) {
      const client = identifyClient(authorization, parameters)
      const token = required(parameters, 'refresh_token')
      const grant = grants.refresh(token, client)
      if (grant === undefined) {
        throw new OAuthError('invalid_grant', 'The refresh token is not good.')
      }
      return tokens.forGrant(grant, client.secret === undefined ? undefined : token)
    },

    async client_credentials(parameters, authorization) {
      const client = authenticateClient(authorization, parameters)
      if (required(parameters, 'audience') !== api.identifier) {
        throw new OAuthError('access_denied', 'There is no API with this identifier.', 403)
      }
      if (client.granted === undefined) {
        throw new OAuthError('unauthorized_client', 'The client is granted nothing of this API.')
      }
      return tokens.forClient(client, client.granted)
    },

    async [PERSONA_GRANT](parameters) {
      const persona = personas.find(({ name }) => name === parameters['persona'])
      if (persona === undefined) {
        const names = personas.map(({ name }) => name).join(', ')
        throw new OAuthError('invalid_grant', `There is no such persona. There are: ${names}.`)
      }
      return tokens.forGrant(personaGrant(persona))
    },
  }

  app.post('/oauth/token', async ({ body, headers }, reply) => {
    const parameters = parametersOf(body)
    const type = required(parameters, 'grant_type')
    const grantType = Object.hasOwn(grantTypes, type) ? grantTypes[type] : undefined
    if (grantType === undefined) {
      throw new OAuthError('unsupported_grant_type', 'There is no such grant type here.')
    }
    reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    return grantType(parameters, headers.authorization)
  })
}
