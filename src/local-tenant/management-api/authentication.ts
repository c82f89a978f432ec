import type { FastifyRequest } from 'fastify'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { fieldValues } from '../../http/header-fields.ts'
import { bearerToken } from '../../tokens/bearer.ts'
import { MANAGEMENT } from '../directory/resource-server.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import { ManagementApiError } from './management-api-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scopes of the Management API. A caller needs at least one of them. */
    scopes?: readonly string[]
  }
  interface FastifyRequest {
    /** The scopes in the caller's Management API token. */
    managementScopes: readonly string[]
  }
}

/** Creates a hook that requires a Management API token with one of the scopes of the route. */
export function authentication(issuer: () => string, keys: SigningKeys) {
  return async (request: FastifyRequest): Promise<void> => {
    const { scopes } = request.routeOptions.config
    if (scopes === undefined) return
    const { value: token } = bearerToken(fieldValues(request.raw, 'authorization'))
    if (token === undefined) throw new ManagementApiError(401, 'Missing authentication')
    const { scope } = await verify(token, issuer(), keys)
    request.managementScopes = String(scope).split(' ')
    if (scopes.some((accepted) => request.managementScopes.includes(accepted))) return
    const problem = `Insufficient scope, expected any of: ${scopes.join(',')}`
    throw new ManagementApiError(403, problem, 'insufficient_scope')
  }
}

async function verify(token: string, issuer: string, keys: SigningKeys): Promise<JWTPayload> {
  const audience = `${issuer}${MANAGEMENT}`
  try {
    const jwks = createLocalJWKSet(keys.publicJwks())
    const { payload } = await jwtVerify(token, jwks, { issuer, audience, algorithms: ['RS256'] })
    return payload
  } catch (error) {
    const { code } = error as { code?: string }
    const expired = 'Expired token received for JSON Web Token validation'
    throw new ManagementApiError(401, code === 'ERR_JWT_EXPIRED' ? expired : 'Invalid token')
  }
}
