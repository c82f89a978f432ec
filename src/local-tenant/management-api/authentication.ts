import type { FastifyRequest } from 'fastify'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { fieldValues } from '../../plugins/header-fields.ts'
import { bearerToken } from '../../tokens/bearer.ts'
import { MANAGEMENT } from '../directory/resource-server.ts'
import type { SigningKeys } from '../protocol/tokens/signing-keys.ts'
import { ManagementError } from './management-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scopes of the Management API, any of which lets a caller in. */
    scopes?: readonly string[]
  }
  interface FastifyRequest {
    /** What the caller of the Management API may do. */
    managementScopes: readonly string[]
  }
}

/** Lets in who has a token for the Management API with a scope that the route takes. */
export function authentication(issuer: () => string, keys: SigningKeys) {
  return async (request: FastifyRequest): Promise<void> => {
    const { scopes } = request.routeOptions.config
    if (scopes === undefined) return
    const { value: token } = bearerToken(fieldValues(request.raw, 'authorization'))
    if (token === undefined) throw new ManagementError(401, 'Missing authentication')
    const { scope } = await verify(token, issuer(), keys)
    request.managementScopes = String(scope).split(' ')
    if (scopes.some((one) => request.managementScopes.includes(one))) return
    const problem = `Insufficient scope, expected any of: ${scopes.join(',')}`
    throw new ManagementError(403, problem, 'insufficient_scope')
  }
}

async function verify(token: string, issuer: string, keys: SigningKeys): Promise<JWTPayload> {
  const audience = `${issuer}${MANAGEMENT}`
  try {
    const keySet = createLocalJWKSet(keys.published())
    const { payload } = await jwtVerify(token, keySet, { issuer, audience, algorithms: ['RS256'] })
    return payload
  } catch (error) {
    const { code } = error as { code?: string }
    const expired = 'Expired token received for JSON Web Token validation'
    throw new ManagementError(401, code === 'ERR_JWT_EXPIRED' ? expired : 'Invalid token')
  }
}
