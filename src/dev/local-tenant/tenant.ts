import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import formbody from '@fastify/formbody'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { addressesOf, listen } from '../../listen.ts'
import { accessTokens } from './access-tokens.ts'
import { checkData } from './check-data.ts'
import { organizations, personas, roles } from './data.ts'
import { discovery } from './discovery.ts'
import { OAuthError } from './oauth-error.ts'
import { persistentSigningKey } from './signing-key.ts'
import { tokenEndpoint } from './token-endpoint.ts'

export interface LocalTenantOptions {
  /** 0 for one that the system chooses. */
  readonly port: number
  /** Where the tenant keeps what outlives it. */
  readonly directory: string
  /** `NODE_ENV`: the tenant gives tokens to everybody who asks, so it never runs in production. */
  readonly environment: string
}

export interface LocalTenant {
  readonly app: FastifyInstance
  /** `iss` of its tokens, with the slash. */
  readonly issuer: string
}

/**
 * Starts an issuer that speaks as Auth0 does, on loopback only.
 *
 * @throws Error in production
 */
export async function startLocalTenant(options: LocalTenantOptions): Promise<LocalTenant> {
  if (options.environment === 'production') {
    throw new Error('The local tenant is for development: it does not start in production.')
  }
  checkData(personas, roles, organizations)
  const key = await persistentSigningKey(join(options.directory, 'signing-key.json'))
  const app = fastify()
  const issuer = () => `http://localhost:${(app.server.address() as AddressInfo).port}/`

  app.setErrorHandler((error: FastifyError | OAuthError, _request, reply) => {
    if (error instanceof OAuthError) {
      if (error.status === 401) reply.header('www-authenticate', 'Basic realm="local tenant"')
      const { error: code, message } = error
      return reply.code(error.status).send({ error: code, error_description: message })
    }
    const { statusCode = 500 } = error
    return statusCode < 500
      ? reply.code(400).send({ error: 'invalid_request', error_description: error.message })
      : reply.code(500).send({ error: 'server_error' })
  })

  await app.register(formbody)
  await app.register(discovery, { issuer, key })
  await app.register(tokenEndpoint, { tokens: accessTokens(issuer, key) })
  await listen(app, await addressesOf('localhost'), options.port)
  return { app, issuer: issuer() }
}
