import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import { OPENID_SCOPES } from '../directory/resource-server.ts'
import type { TenantIdentity } from '../providers/identity.ts'
import { RESPONSE_MODES } from './authorization/authorization-request.ts'
import { FEDERATED_GRANT } from './grant-types.ts'
import { PROOF_ALGORITHMS } from './tokens/proofs.ts'
import type { SigningKeys } from './tokens/signing-keys.ts'

export interface DiscoveryOptions {
  readonly identity: TenantIdentity
  readonly keys: SigningKeys
  readonly directory: Directory
}

/** The metadata (OpenID Connect Discovery §3, RFC 8414 §3) and the JWKS (RFC 7517 §5). */
export async function discovery(
  app: FastifyInstance,
  { identity, keys, directory }: DiscoveryOptions,
): Promise<void> {
  const { provider, issuer, baseUrl } = identity
  const { endpoints, publicKeys = (known) => [...known] } = provider
  const metadata = () => {
    const { origin } = new URL(baseUrl())
    return {
      issuer: issuer(),
      authorization_endpoint: origin + endpoints.authorization,
      token_endpoint: origin + endpoints.token,
      revocation_endpoint: endpoints.revocation && origin + endpoints.revocation,
      userinfo_endpoint: origin + endpoints.userinfo,
      end_session_endpoint: origin + endpoints.endSession,
      jwks_uri: origin + endpoints.jwks,
      scopes_supported: OPENID_SCOPES,
      response_types_supported: ['code'],
      response_modes_supported: RESPONSE_MODES,
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        ...(provider.federatedGrant ? [FEDERATED_GRANT] : []),
      ],
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['HS256', 'RS256'],
      dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
      code_challenge_methods_supported: ['S256'],
      acr_values_supported: directory.authentication.acrValues,
      authorization_response_iss_parameter_supported: true,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    }
  }
  app.get('/.well-known/openid-configuration', metadata)
  app.get('/.well-known/oauth-authorization-server', metadata)

  app.get('/.well-known/jwks.json', (_request, reply) => {
    reply.header('cache-control', 'public, max-age=15')
    return { keys: publicKeys(keys.publicJwks().keys) }
  })
}
