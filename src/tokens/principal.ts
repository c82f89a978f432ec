import { ownMember, valueAt } from '../utils/json-pointer.ts'
import type { JsonObject } from './jws.ts'
import type { Principal, PrincipalClaims } from './principal-types.ts'

export type { Principal, PrincipalClaims }

/** A SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/

export interface PrincipalOptions {
  /** Where permissions are: names of claims, or JSON Pointers (RFC 6901) into nested ones. */
  readonly permissionsClaims: readonly string[]
  /** Further claims, read from the verified ones. What it returns is frozen and kept with the token. */
  readonly readClaims: (claims: JsonObject) => PrincipalClaims
}

export const DEFAULT_PRINCIPAL_OPTIONS: PrincipalOptions = {
  permissionsClaims: ['permissions'],
  readClaims: () => ({}),
}

/** Makes the reader of a product's further claims. */
export function claimsReader(
  claims: readonly string[] | PrincipalOptions['readClaims'] = [],
): PrincipalOptions['readClaims'] {
  if (typeof claims === 'function') return claims
  return (all) => Object.fromEntries(claims.flatMap((name) => memberOf(all, name)))
}

function memberOf(claims: JsonObject, name: string): [string, unknown][] {
  const value = ownMember(claims, name)
  return value === undefined ? [] : [[name, value]]
}

/** Reads the principal from claims that have passed every rule. */
export function principalOf(claims: JsonObject, options: PrincipalOptions): Principal {
  const {
    iss,
    sub,
    azp,
    client_id: clientId,
    scope,
    org_id: organization,
    email,
    act,
    cnf,
    exp,
  } = claims
  const permissions = options.permissionsClaims.flatMap((name) => permissionsIn(claims, name))
  return deepFreeze({
    issuer: iss as string,
    subject: sub as string,
    client: textOf(azp) ?? textOf(clientId),
    permissions: [...new Set(permissions)],
    scopes: wordsOf(scope),
    organization: organization as string | undefined,
    email: textOf(email),
    actor: textOf(ownMember(act, 'sub')),
    confirmation: confirmationOf(cnf),
    claims: structuredClone(options.readClaims(claims)),
    expiresAt: exp as number,
  })
}

/**
 * The confirmation method of a token (RFC 7800 §3.1) that is checked here: the thumbprint of a key. Others
 * beside it are ignored, except for a certificate, which would have to hold too (RFC 8705 §3.1).
 *
 * @returns undefined if there is none, or another one
 */
export function confirmationOf(cnf: unknown): { readonly jkt: string } | undefined {
  const jkt = ownMember(cnf, 'jkt')
  const isKnown = typeof jkt === 'string' && ownMember(cnf, 'x5t#S256') === undefined
  return isKnown && THUMBPRINT.test(jkt) ? { jkt } : undefined
}

/** Auth0's claim is an array of strings; other claims may be a string of names, as `scope` is. */
function permissionsIn(claims: JsonObject, name: string): readonly string[] {
  const value = claimAt(claims, name)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  return name === 'permissions' ? [] : wordsOf(value)
}

function wordsOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : []
}

/** The value of a claim by its name, or by a JSON Pointer (RFC 6901) that begins with a slash. */
export function claimAt(claims: JsonObject, name: string): unknown {
  return name.startsWith('/') ? valueAt(claims, name) : ownMember(claims, name)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member)
    Object.freeze(value)
  }
  return value
}
