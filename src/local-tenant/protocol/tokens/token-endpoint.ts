import type { FastifyInstance } from 'fastify'
import type { Directory } from '../../directory/directory.ts'
import { FEDERATED_GRANT, PERSONA_GRANT } from '../grant-types.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, parseParameters, parseScope, requireParameter } from '../parameters.ts'
import { authenticateClient, identifyClient } from './client-authentication.ts'
import type { FederatedTokens } from './federated-tokens.ts'
import type { Grants } from './grants.ts'
import { createPersonaGrant, requirePersona } from './persona-grant.ts'
import type { TokenIssuer } from './token-issuer.ts'

type GrantHandler = (parameters: Parameters, authorization: string | undefined) => Promise<object>

export interface TokenEndpointOptions {
  readonly tokenIssuer: TokenIssuer
  readonly grants: Grants
  readonly federatedTokens: FederatedTokens
  readonly directory: Directory
}

/** `POST /oauth/token` (RFC 6749 §3.2). */
export async function tokenEndpoint(
  app: FastifyInstance,
  { tokenIssuer, grants, federatedTokens, directory }: TokenEndpointOptions,
): Promise<void> {
  const handlers: Readonly<Record<string, GrantHandler>> = {
    async authorization_code(parameters, authorization) {
      const client = identifyClient(directory, authorization, parameters)
      const code = requireParameter(parameters, 'code')
      const { redirect_uri: redirectUri, code_verifier: verifier } = parameters
      const grant = grants.redeemCode(code, client, redirectUri, verifier)
      if (grant === undefined) throw new OAuthError('invalid_grant', 'Invalid authorization code.')
      return tokenIssuer.issueForGrant(grant)
    },

    async refresh_token(parameters, authorization) {
      const client = identifyClient(directory, authorization, parameters)
      const token = requireParameter(parameters, 'refresh_token')
      const grant = grants.useRefreshToken(token, client)
      if (grant === undefined) {
        throw new OAuthError('invalid_grant', 'Unknown or invalid refresh token.')
      }
      const { scope } = parameters
      return tokenIssuer.issueForGrant(grant, {
        refreshToken: client.secret === undefined ? undefined : token,
        scope: scope === undefined ? undefined : parseScope(scope),
      })
    },

    async client_credentials(parameters, authorization) {
      const client = authenticateClient(directory, authorization, parameters)
      const { audience = parameters['resource'] } = parameters
      return tokenIssuer.issueForClient(client, requireParameter({ audience }, 'audience'))
    },

    async [FEDERATED_GRANT](parameters, authorization) {
      return federatedTokens.exchange(parameters, authorization)
    },

    async [PERSONA_GRANT]({ persona }) {
      const grant = createPersonaGrant(directory, requirePersona(directory, persona))
      return tokenIssuer.issueForGrant(grant)
    },
  }

  app.post('/oauth/token', async ({ body, headers }, reply) => {
    const parameters = parseParameters(body)
    const type = requireParameter(parameters, 'grant_type')
    const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined
    if (handler === undefined) {
      throw new OAuthError('unsupported_grant_type', `Unsupported grant type: ${type}.`)
    }
    reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    return handler(parameters, headers.authorization)
  })
}
