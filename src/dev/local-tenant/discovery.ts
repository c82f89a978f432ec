import type { FastifyInstance } from 'fastify'
import type { SigningKey } from './signing-key.ts'

/** The discovery document (OpenID Connect Discovery §4) and the key set (RFC 7517 §5). */
export async function discovery(
  app: FastifyInstance,
  { issuer, key }: { issuer: () => string; key: SigningKey },
): Promise<void> {
  app.get('/.well-known/openid-configuration', () => ({
    issuer: issuer(),
    token_endpoint: `${issuer()}oauth/token`,
    jwks_uri: `${issuer()}.well-known/jwks.json`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  }))

  app.get('/.well-known/jwks.json', (_request, reply) => {
    reply.header('cache-control', 'public, max-age=15')
    return { keys: [key.publicJwk] }
  })
}
