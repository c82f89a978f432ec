import type { Principal } from '../tokens/principal.ts'
import {
  checkOrganization,
  type OrganizationErrorCode,
  type Organizations,
} from './organizations.ts'
import {
  type AuthenticationClock,
  type AuthenticationRequirements,
  checkAuthentication,
} from './step-up.ts'

/** What a route requires of an access token; `{}` accepts any valid one. */
export interface Requirements<Request = unknown> extends AuthenticationRequirements {
  /** Permissions that the token must have, all of them. */
  readonly permissions?: readonly string[]
  /** Permissions of which the token must have at least one. */
  readonly anyPermission?: readonly string[]
  /** Scopes (RFC 6749 §3.3) that the token must have, all of them. */
  readonly scopes?: readonly string[]
  /** Organizations (`org_…`) of which the token must carry one. */
  readonly organizations?: readonly string[]
  /** Whether the token must be bound to a key of the client, and come with a proof (DPoP, RFC 9449). */
  readonly bound?: true
  /**
   * A check of a product's own, such as who owns a record. It runs after the others, and has the parameters
   * and the body. The name of the function is logged, so it must have one.
   *
   * @returns whether the call is allowed
   */
  check?(principal: Principal, request: Request): boolean | Promise<boolean>
  /**
   * Whether a call without credentials is allowed, with no principal. A bad token is still rejected.
   * It excludes every other requirement.
   */
  readonly optional?: true
}

/** Who may call a route: everybody, and credentials are not read, or those whose token meets the requirements. */
export type AccessPolicy<Request = unknown> = 'public' | Requirements<Request>

export type DenialCode =
  | 'credentials_missing'
  | OrganizationErrorCode
  | 'permission_missing'
  | 'scope_missing'
  | 'authentication_insufficient'

const LISTS: readonly string[] = ['permissions', 'anyPermission', 'scopes', 'organizations', 'acr']
const KEYS: readonly string[] = [...LISTS, 'maxAge', 'bound', 'check', 'optional']

/** A scope token (RFC 6749 §3.3), since the challenge lists permissions as scope, and values of `acr`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** For `scope`, and for `acr_values`, in characters. Proxies and clients limit response headers, often to 4 KiB. */
const MAX_CHALLENGE_LENGTH = 1_024

/**
 * Decides whether a principal may call a route: first the organization (401), then permissions and
 * scopes (403), then how and when the user logged in (401), so that nobody logs in again in vain. It needs
 * no more than the head of a request.
 *
 * @param host the host that the request is for, without the port
 * @returns why the call is denied, or undefined where it is allowed
 */
export function denialOf(
  principal: Principal | null,
  requirements: Requirements,
  known: Organizations,
  host: string,
  clock: AuthenticationClock,
): DenialCode | undefined {
  if (principal === null) return requirements.optional ? undefined : 'credentials_missing'
  const { organization } = principal
  return (
    checkOrganization(organization, requirements.organizations, known, host) ??
    (holdsPermissions(principal, requirements) ? undefined : 'permission_missing') ??
    (holdsScopes(principal, requirements) ? undefined : 'scope_missing') ??
    checkAuthentication(principal, requirements, clock)
  )
}

/** Whether a principal has the permissions that a route requires. */
export function holdsPermissions(
  principal: Pick<Principal, 'permissions'>,
  { permissions = [], anyPermission }: Requirements,
): boolean {
  const holds = (permission: string) => principal.permissions.includes(permission)
  return permissions.every(holds) && (anyPermission?.some(holds) ?? true)
}

/** Whether a principal has the scopes that a route requires. */
export function holdsScopes(
  principal: Pick<Principal, 'scopes'>,
  { scopes = [] }: Requirements,
): boolean {
  return scopes.every((scope) => principal.scopes.includes(scope))
}

/** All permissions and scopes that a route requires, as the challenge lists them. */
export function scopeOf({
  permissions = [],
  anyPermission = [],
  scopes = [],
}: Requirements): string[] {
  return [...new Set([...permissions, ...anyPermission, ...scopes])]
}

/**
 * Validates a declared policy.
 *
 * @throws Error if none is declared, no token can meet it, or no challenge can express it
 */
export function readPolicy<Request>(declared: unknown): AccessPolicy<Request> {
  if (declared === 'public') return declared
  if (typeof declared !== 'object' || declared === null)
    throw new Error('declares no access policy')
  // Members of another object, such as a Map or one with getters of a class, would not be seen.
  const isPlain = Object.getPrototypeOf(declared) === Object.prototype
  if (!isPlain || Reflect.ownKeys(declared).length !== Object.keys(declared).length) {
    throw new Error('has an access policy that is not an object literal')
  }
  const { bound, check, optional, maxAge, ...lists } = declared as Record<string, unknown>
  const unknown = Object.keys(declared).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw new Error(`has an unknown access policy key '${unknown}'`)
  for (const [name, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || list.length === 0 || ![...list].every(isScopeToken)) {
      const items = name === 'acr' ? 'texts without spaces and quotes' : 'scope tokens'
      throw new Error(`has an access policy whose ${name} are not a non-empty array of ${items}`)
    }
  }
  const { acr = [] } = lists as Requirements
  if ([scopeOf(lists), acr].some((list) => list.join(' ').length > MAX_CHALLENGE_LENGTH)) {
    throw new Error(
      `has an access policy whose permissions and scopes, or acr, have more than ${MAX_CHALLENGE_LENGTH} characters`,
    )
  }
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && Number(maxAge) >= 0)) {
    throw new Error('has an access policy whose maxAge is not an integer of seconds, 0 or more')
  }
  if (check !== undefined && (typeof check !== 'function' || check.name === '')) {
    throw new Error('has an access policy whose check is not a named function')
  }
  if (bound !== undefined && bound !== true) {
    throw new Error('has an access policy where bound is not true')
  }
  if (optional !== undefined && (optional !== true || Object.keys(declared).length > 1)) {
    throw new Error('has an access policy where optional is not true, or not alone')
  }
  return frozenCopy(declared)
}

/** What changes the declared object later does not change the policy. */
function frozenCopy(declared: object): AccessPolicy<never> {
  const entries = Object.entries(declared).map(([name, value]) => [
    name,
    Array.isArray(value) ? Object.freeze([...value]) : value,
  ])
  return Object.freeze(Object.fromEntries(entries))
}

function isScopeToken(value: unknown): boolean {
  return typeof value === 'string' && SCOPE_TOKEN.test(value)
}
