import type { Principal } from '../tokens/principal.ts'
import {
  judgeOrganization,
  type OrganizationErrorCode,
  type Organizations,
} from './organizations.ts'

/** What a route asks of an access token; `{}` is content with any valid one. */
export interface Requirements {
  /** Permissions that the token has to hold, every one of them. */
  readonly permissions?: readonly string[]
  /** Permissions of which the token has to hold at least one. */
  readonly anyPermission?: readonly string[]
  /** Organizations (`org_…`) of which the token has to carry one. */
  readonly organizations?: readonly string[]
}

/** Who may call a route: everybody, without a look at credentials, or whom the requirements admit. */
export type AccessPolicy = 'public' | Requirements

export type DenialCode = 'credentials_missing' | OrganizationErrorCode | 'permission_missing'

export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly code: DenialCode }

const LISTS: readonly string[] = ['permissions', 'anyPermission', 'organizations']

/** A scope token (RFC 6749 §3.3): what a permission may be, since the challenge names it. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Judges a principal by what a route asks for: first the organization (401), then the permissions (403).
 *
 * @param host the host that the request is for, without the port
 */
export function decide(
  principal: Principal | null,
  requirements: Requirements,
  known: Organizations,
  host: string,
): Decision {
  if (principal === null) return { allowed: false, code: 'credentials_missing' }
  const code = judgeOrganization(principal.organization, requirements.organizations, known, host)
  if (code !== undefined) return { allowed: false, code }
  return holdsPermissions(principal, requirements)
    ? { allowed: true }
    : { allowed: false, code: 'permission_missing' }
}

/** Whether a principal holds the permissions that a route asks for. */
export function holdsPermissions(
  principal: Principal,
  { permissions = [], anyPermission }: Requirements,
): boolean {
  const holds = (permission: string) => principal.permissions.includes(permission)
  return permissions.every(holds) && (anyPermission?.some(holds) ?? true)
}

/** All permissions that a route asks for, as the challenge lists them. */
export function permissionsOf({ permissions = [], anyPermission = [] }: Requirements): string[] {
  return [...permissions, ...anyPermission]
}

/**
 * Reads a declared policy.
 *
 * @throws Error where none is declared, or one that could never be met or be told to a client
 */
export function readPolicy(declared: unknown): AccessPolicy {
  if (declared === 'public') return declared
  if (typeof declared !== 'object' || declared === null)
    throw new Error('declares no access policy')
  for (const [name, list] of Object.entries(declared)) {
    if (!LISTS.includes(name)) throw new Error(`asks for ${name}, which no access policy knows`)
    if (!Array.isArray(list) || list.length === 0 || !list.every(isScopeToken)) {
      throw new Error(`asks for ${name} that are no list of names`)
    }
  }
  return declared
}

function isScopeToken(value: unknown): boolean {
  return typeof value === 'string' && SCOPE_TOKEN.test(value)
}
