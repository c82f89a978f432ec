/**
 * The public API for products. Semantic versioning covers these exports, and nothing else below `src`.
 */
// The decorators of requests and the route options `config.access` and `config.limit` come with these types.
import './plugins/authenticate.ts'
import './plugins/declared-access.ts'
import './plugins/limits/route-limits.ts'

export type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
} from 'fastify'
export type { RequestLimit } from './access/limit.ts'
export type { AccessPolicy, Requirements } from './access/policy.ts'
export type { Environment } from './config/environment.ts'
export { defineRoutes, type TypedInstance } from './define-routes.ts'
export { type ErrorDetail, type FailStatus, type FieldError, fail } from './http/http-error.ts'
export { messageSchema } from './http/message-schema.ts'
export type { Resource } from './lifecycle/resources.ts'
export type { ApiDescription } from './openapi/describe-routes.ts'
export { requirePrincipal } from './plugins/require-principal.ts'
export { runServer } from './run-server.ts'
export {
  defineServer,
  type RunningServer,
  type ServerDefinition,
  type StartOptions,
  startServer,
} from './server.ts'
// Only a star export lets a product extend PrincipalClaims by `declare module 'messages-api'`.
export type * from './tokens/principal-types.ts'
