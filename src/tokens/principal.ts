import { ownMember } from '../utils/json-pointer.ts'
import { isNumericDate } from './claims.ts'
import {
  type ClaimNames,
  claimAt,
  DEFAULT_CLAIMS,
  organizationIn,
  permissionsIn,
  scopesIn,
} from './issuers/claim-names.ts'
import type { JsonObject } from './jws.ts'
import type { Principal, PrincipalClaims } from './principal-types.ts'

export type { Principal, PrincipalClaims }

/** A SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/

export interface PrincipalOptions {
  readonly names: ClaimNames
  /** Further claims, read from the verified ones. What it returns is kept with the token, and is frozen. */
  readonly readClaims: (claims: JsonObject) => PrincipalClaims
}

export const DEFAULT_PRINCIPAL_OPTIONS: PrincipalOptions = {
  names: DEFAULT_CLAIMS,
  readClaims: () => ({}),
}

/** Makes the reader of a product's further claims. What a function returns may belong to the product: it is copied. */
export function claimsReader(
  claims: readonly string[] | PrincipalOptions['readClaims'] = [],
): PrincipalOptions['readClaims'] {
  if (typeof claims === 'function') return (all) => structuredClone(claims(all))
  return (all) => Object.fromEntries(claims.flatMap((name) => memberOf(all, name)))
}

function memberOf(claims: JsonObject, name: string): [string, unknown][] {
  const value = ownMember(claims, name)
  return value === undefined ? [] : [[name, value]]
}

/** Reads the principal from claims that have passed every rule. */
export function principalOf(claims: JsonObject, options: PrincipalOptions): Principal {
  const { iss, azp, client_id: clientId, cid, appid, email, act, cnf, exp } = claims
  const { names } = options
  const permissions = names.permissions.flatMap((name) => permissionsIn(claims, name))
  return deepFreeze({
    issuer: iss as string,
    subject: claimAt(claims, names.subject) as string,
    client: [azp, clientId, cid, appid].map(textOf).find((name) => name !== undefined),
    permissions: [...new Set(permissions)],
    scopes: scopesIn(claims, names.scope),
    organization: organizationIn(claims, names.organization) as string | undefined,
    email: textOf(email),
    actor: textOf(ownMember(act, 'sub')),
    confirmation: confirmationOf(cnf),
    acr: textOf(claimAt(claims, names.acr)),
    authTime: authTimeOf(claimAt(claims, names.authTime)),
    claims: options.readClaims(claims),
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

/** A NumericDate (RFC 7519 §2). A malformed one counts as absent: the token is good for other routes. */
function authTimeOf(value: unknown): number | undefined {
  return isNumericDate(value) && value >= 0 ? value : undefined
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
