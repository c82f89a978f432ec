import type { FastifyRequest } from 'fastify'
import type { Principal } from '../tokens/principal.ts'

/**
 * The principal of a request, for routes that require a token.
 *
 * @throws Error (500) where there is none: the route is public, or its access is optional
 */
export function requirePrincipal({ principal, routeOptions }: FastifyRequest): Principal {
  if (principal !== null) return principal
  const { method, url } = routeOptions
  throw new Error(
    `There is no principal: the access policy of ${method} ${url} does not require a token.`,
  )
}
