import type { FastifyInstance } from 'fastify'
import type { Directory } from '../../directory/directory.ts'
import type { Client } from '../../directory/records.ts'
import { FEDERATED_GRANT, PERSONA_GRANT } from '../grant-types.ts'
import { OAuthError } from '../oauth-error.ts'
import { type Parameters, parseParameters, parseScope, requireParameter } from '../parameters.ts'
import { authenticateClient, identifyClient } from './client-authentication.ts'
import type { FederatedTokens } from './federated-tokens.ts'
import type { Grant, Grants } from './grants.ts'
import { createPersonaGrant, requirePersona, withSecondFactor } from './persona-grant.ts'
import type { Proofs } from './proofs.ts'
import type { TokenIssuer } from './token-issuer.ts'

interface TokenRequest {
  readonly parameters: Parameters
  readonly authorization: string | undefined
  /** The thumbprint of the key in the client's proof; undefined if it sent none. */
  readonly keyOf: (client: Client) => Promise<string | undefined>
}

type GrantHandler = (request: TokenRequest) => Promise<object>

export interface TokenEndpointOptions {
  readonly tokenIssuer: TokenIssuer
  readonly grants: Grants
  readonly federatedTokens: FederatedTokens
  readonly directory: Directory
  readonly proofs: Proofs
}

/** `POST /oauth/token` (RFC 6749 §3.2). */
export async function tokenEndpoint(
  app: FastifyInstance,
  { tokenIssuer, grants, federatedTokens, directory, proofs }: TokenEndpointOptions,
): Promise<void> {
  const use = (proven: string | undefined) => ({
    proven,
    approve: (grant: Grant) => void tokenIssuer.keyFor(grant, proven),
  })
  const handlers: Readonly<Record<string, GrantHandler>> = {
    async authorization_code({ parameters, authorization, keyOf }) {
      const client = identifyClient(directory, authorization, parameters)
      const proven = await keyOf(client)
      const code = requireParameter(parameters, 'code')
      const { redirect_uri: redirectUri, code_verifier: verifier } = parameters
      const grant = grants.redeemCode(code, client, { ...use(proven), redirectUri, verifier })
      if (grant === undefined) throw new OAuthError('invalid_grant', 'Invalid authorization code.')
      return tokenIssuer.issueForGrant(grant, { proven })
    },

    async refresh_token({ parameters, authorization, keyOf }) {
      const client = identifyClient(directory, authorization, parameters)
      const proven = await keyOf(client)
      const token = requireParameter(parameters, 'refresh_token')
      const grant = grants.useRefreshToken(token, client, use(proven))
      if (grant === undefined) {
        throw new OAuthError('invalid_grant', 'Unknown or invalid refresh token.')
      }
      const { scope } = parameters
      return tokenIssuer.issueForGrant(grant, {
        isRenewal: true,
        refreshToken: client.secret === undefined ? undefined : token,
        scope: scope === undefined ? undefined : parseScope(scope),
        proven,
      })
    },

    async client_credentials({ parameters, authorization, keyOf }) {
      const client = authenticateClient(directory, authorization, parameters)
      const proven = await keyOf(client)
      const audience = directory.audienceOf(parameters)
      return tokenIssuer.issueForClient(client, requireParameter({ audience }, 'audience'), proven)
    },

    async [FEDERATED_GRANT]({ parameters, authorization, keyOf }) {
      const client = authenticateClient(directory, authorization, parameters)
      // The third party's token is not bound to a key.
      await keyOf(client)
      return federatedTokens.exchange(parameters, client)
    },

    async [PERSONA_GRANT]({ parameters: { persona, second_factor: factor }, keyOf }) {
      const plain = createPersonaGrant(directory, requirePersona(directory, persona))
      const grant = factor === 'true' ? withSecondFactor(plain, directory) : plain
      return tokenIssuer.issueForGrant(grant, { proven: await keyOf(grant.client) })
    },
  }

  app.post('/oauth/token', async (request, reply) => {
    const parameters = parseParameters(request.body)
    const type = requireParameter(parameters, 'grant_type')
    const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined
    if (handler === undefined) {
      throw new OAuthError('unsupported_grant_type', `Unsupported grant type: ${type}.`)
    }
    reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
    const { authorization } = request.headers
    const keyOf = (client: Client) => proofs.keyOf(request, reply, client)
    return handler({ parameters, authorization, keyOf })
  })
}
