import type { FastifySchema } from 'fastify'
import { type AccessPolicy, scopeOf } from '../access/policy.ts'
import { requiresStepUp } from '../access/step-up.ts'
import type { ErrorComponent } from './components.ts'

/** What the document needs of a route. */
export interface DescribedRoute {
  readonly method: string
  /** With parameters, such as `/notes/:id`. */
  readonly url: string
  readonly schema: FastifySchema
  readonly access: AccessPolicy
  /** Whether the route limits its requests. */
  readonly isLimited: boolean
}

/** A name for the operation: `getNotesId` for `GET /notes/:id`. */
export function operationIdOf({ method, url, schema }: DescribedRoute): string {
  const words = [...url.matchAll(/[a-z0-9]+/gi)].map(([word]) => word)
  const path = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
  return schema.operationId ?? `${method.toLowerCase()}${path.join('')}`
}

/**
 * The security requirements of a policy. OpenAPI has no "one of these permissions": each becomes an
 * alternative of its own.
 */
export function securityOf(access: AccessPolicy): Record<string, string[]>[] {
  if (access === 'public') return []
  const scheme = access.bound ? 'boundAccessToken' : 'accessToken'
  const { anyPermission, ...rest } = access
  const all = scopeOf(rest)
  if (access.optional) return [{}, { accessToken: all }]
  return (anyPermission ?? [undefined]).map((permission) => ({
    [scheme]: permission === undefined ? all : [...new Set([...all, permission])],
  }))
}

/** The error responses that follow from the policy and the schema of a route, by status. */
export function errorsOf({
  url,
  schema,
  access,
  isLimited,
}: DescribedRoute): Record<string, ErrorComponent> {
  const authenticates = access !== 'public'
  const { body, params, querystring, headers } = schema
  const validates = [body, params, querystring, headers].some((part) => part !== undefined)
  const badRequest = authenticates ? 'BadRequest' : 'InvalidRequest'
  return {
    ...(authenticates && { 400: 'MalformedAuthorization', 401: unauthorizedOf(access) }),
    ...(validates && { 400: badRequest }),
    ...(authenticates && isForbiddenTo(access) && { 403: 'Forbidden' }),
    ...(/[:*]/.test(url) && { 404: 'NotFound' }),
    ...(body !== undefined && { 413: 'PayloadTooLarge', 415: 'UnsupportedMediaType' }),
    ...(authenticates && { 429: 'TooManyFailures', 503: 'Unavailable' }),
    ...(isLimited && { 429: 'TooManyRequests' }),
    default: 'Error',
  }
}

function unauthorizedOf(access: Exclude<AccessPolicy, 'public'>): ErrorComponent {
  const name = access.bound ? 'UnauthorizedBound' : 'Unauthorized'
  return requiresStepUp(access) ? `${name}StepUp` : name
}

/** Whether a valid token may lack what the policy requires. */
function isForbiddenTo(access: Exclude<AccessPolicy, 'public'>): boolean {
  return access.check !== undefined || scopeOf(access).length > 0
}
