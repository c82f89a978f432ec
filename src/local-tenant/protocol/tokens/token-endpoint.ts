import type { FastifyInstance } from 'fastify'
import { FEDERATED_GRANT } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, parametersOf, required } from '../parameters.ts'
import { authenticateClient, identifyClient } from './client-authentication.ts'
import type { FederatedTokens } from './federated-tokens.ts'
import type { Grants } from './grants.ts'
import { PERSONA_GRANT, personaGrant, personaNamed } from './persona-grant.ts'
import type { Tokens } from './tokens.ts'

type GrantType = (parameters: Parameters, authorization: string | undefined) => Promise<object>

export interface TokenEndpointOptions {
  readonly tokens: Tokens
  readonly grants: Grants
  readonly federatedTokens: FederatedTokens
  readonly directory: Directory
}

/** `POST /oauth/token` (RFC 6749 §3.2). */
export async function tokenEndpoint(
  app: FastifyInstance,
  { tokens, grants, federatedTokens, directory }: TokenEndpointOptions,
): Promise<void> {
  const grantTypes: Readonly<Record<string, GrantType>> = {
    async authorization_code(parameters, authorization) {
      const client = identifyClient(directory, authorization, parameters)
      const code = required(parameters, 'code')
      const { redirect_uri: redirectUri, code_verifier: verifier } = parameters
      const grant = grants.redeem(code, client, redirectUri, verifier)
      if (grant === undefined) throw new OAuthError('invalid_grant', 'The code is not good.')
      return tokens.forGrant(grant)
    },

    async refresh_token(parameters, authorization) {
      const client = identifyClient(directory, authorization, parameters)
      const token = required(parameters, 'refresh_token')
      const grant = grants.refresh(token, client)
      if (grant === undefined) {
        throw new OAuthError('invalid_grant', 'The refresh token is not good.')
      }
      return tokens.forGrant(grant, client.secret === undefined ? undefined : token)
    },

    async client_credentials(parameters, authorization) {
      const client = authenticateClient(directory, authorization, parameters)
      return tokens.forClient(client, required(parameters, 'audience'))
    },

    async [FEDERATED_GRANT](parameters, authorization) {
      return federatedTokens.exchange(parameters, authorization)
    },

    async [PERSONA_GRANT]({ persona }) {
      return tokens.forGrant(personaGrant(directory, personaNamed(directory, persona)))
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
