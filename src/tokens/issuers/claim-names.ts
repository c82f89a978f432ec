import { ownMember, valueAt } from '../../utils/json-pointer.ts'
import { isJsonObject, type JsonObject } from '../jws.ts'

/**
 * Where the tokens of an issuer have what is read from them. Each is the name of a claim, or a JSON Pointer
 * (RFC 6901) into a nested one.
 */
export interface ClaimNames {
  readonly audience: string
  readonly subject: string
  readonly organization: string
  /** The permissions of all of them count. */
  readonly permissions: readonly string[]
  readonly scope: string
  /** How the user logged in (OpenID Connect Core §2). */
  readonly acr: string
  /** When the user logged in. */
  readonly authTime: string
}

/** The claims of Auth0. It has no claims about the login in access tokens: these names are of RFC 9068 §2.2.1. */
export const DEFAULT_CLAIMS: ClaimNames = {
  audience: 'aud',
  subject: 'sub',
  organization: 'org_id',
  permissions: ['permissions'],
  scope: 'scope',
  acr: 'acr',
  authTime: 'auth_time',
}

/** The value of a claim by its name, or by a JSON Pointer (RFC 6901) that begins with a slash. */
export function claimAt(claims: JsonObject, name: string): unknown {
  return name.startsWith('/') ? valueAt(claims, name) : ownMember(claims, name)
}

/**
 * The permissions in a claim. Auth0's `permissions` is an array of strings. Others may be a string of names, as
 * `scope` is (RFC 8693 §4.2), or an object whose keys are names and whose values are objects (Zitadel's roles).
 * Any other value has none.
 */
export function permissionsIn(claims: JsonObject, name: string): readonly string[] {
  const value = claimAt(claims, name)
  if (name === DEFAULT_CLAIMS.permissions[0]) return textsIn(value)
  return [...namesIn(value), ...keysOfObjects(value)]
}

/** The names in a claim `scope`, a string (RFC 8693 §4.2), or in another claim, which may be an array. */
export function scopesIn(claims: JsonObject, name: string): readonly string[] {
  const value = claimAt(claims, name)
  return name === DEFAULT_CLAIMS.scope && typeof value !== 'string' ? [] : namesIn(value)
}

/** The names in a string, separated by spaces, or in an array of strings. */
function namesIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : textsIn(value)
}

/**
 * The organization in a claim. Auth0's `org_id` is a string. Other issuers have an array or an object with one
 * name (Keycloak). Several names say nothing about which one the user chose, so they are returned as they are.
 */
export function organizationIn(claims: JsonObject, name: string): unknown {
  const value = claimAt(claims, name)
  if (name === DEFAULT_CLAIMS.organization) return value
  const names = Array.isArray(value) ? textsIn(value) : keysOfObjects(value)
  return names.length === 1 ? names[0] : value
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : []
}

function keysOfObjects(value: unknown): readonly string[] {
  if (!isJsonObject(value) || !Object.values(value).every(isJsonObject)) return []
  return Object.keys(value)
}
