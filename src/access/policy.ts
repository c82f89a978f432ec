import type { Principal } from '../tokens/principal.ts'
import {
  checkOrganization,
  type OrganizationErrorCode,
  type Organizations,
} from './organizations.ts'

/** What a route requires of an access token; `{}` accepts any valid one. */
export interface Requirements {
  /** Permissions that the token must have, all of them. */
  readonly permissions?: readonly string[]
  /** Permissions of which the token must have at least one. */
  readonly anyPermission?: readonly string[]
  /** Organizations (`org_…`) of which the token must carry one. */
  readonly organizations?: readonly string[]
}

/** Who may call a route: everybody, without reading credentials, or who meets the requirements. */
export type AccessPolicy = 'public' | Requirements

export type DenialCode = 'credentials_missing' | OrganizationErrorCode | 'permission_missing'

const LISTS: readonly string[] = ['permissions', 'anyPermission', 'organizations']

/** A scope token (RFC 6749 §3.3), since the challenge lists permissions as scope. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Decides whether a principal may call a route: first the organization (401), then the permissions
 * (403).
 *
 * @param host the host that the request is for, without the port
 * @returns why the call is denied, or undefined where it is allowed
 */
export function denialOf(
  principal: Principal | null,
  requirements: Requirements,
  known: Organizations,
  host: string,
): DenialCode | undefined {
  if (principal === null) return 'credentials_missing'
  const { organization } = principal
  return (
    checkOrganization(organization, requirements.organizations, known, host) ??
    (holdsPermissions(principal, requirements) ? undefined : 'permission_missing')
  )
}

/** Whether a principal has the permissions that a route requires. */
export function holdsPermissions(
  principal: Principal,
  { permissions = [], anyPermission }: Requirements,
): boolean {
  const holds = (permission: string) => principal.permissions.includes(permission)
  return permissions.every(holds) && (anyPermission?.some(holds) ?? true)
}

/** All permissions that a route requires, as the challenge lists them. */
export function permissionsOf({ permissions = [], anyPermission = [] }: Requirements): string[] {
  return [...permissions, ...anyPermission]
}

/**
 * Validates a declared policy.
 *
 * @throws Error where none is declared, or one that no token can meet or no challenge can state
 */
export function readPolicy(declared: unknown): AccessPolicy {
  if (declared === 'public') return declared
  if (typeof declared !== 'object' || declared === null)
    throw new Error('declares no access policy')
  for (const [name, list] of Object.entries(declared)) {
    if (!LISTS.includes(name)) throw new Error(`has an unknown access policy key '${name}'`)
    if (!Array.isArray(list) || list.length === 0 || !list.every(isScopeToken)) {
      throw new Error(
        `has an access policy whose ${name} are not a non-empty array of scope tokens`,
      )
    }
  }
  return declared
}

function isScopeToken(value: unknown): boolean {
  return typeof value === 'string' && SCOPE_TOKEN.test(value)
}
