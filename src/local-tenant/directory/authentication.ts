import type { TenantData } from '../../tenant-data/tenant-data.ts'

/** The value of `acr` that Auth0 has for a login with a second factor (OpenID PAPE). */
const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** What the tenant says about logins. */
export interface AuthenticationSettings {
  /**
   * How access tokens have `acr` and `auth_time`: in claims with a namespace, as an Action of Auth0 can add
   * them, under these names (RFC 9068 §2.2.1), or not at all.
   */
  readonly claims: 'namespaced' | 'standard' | 'none'
  /** The values that the second factor can give. The first one is the default. */
  readonly acrValues: readonly [string, ...string[]]
}

export const DEFAULT_AUTHENTICATION: AuthenticationSettings = {
  claims: 'none',
  acrValues: [MULTI_FACTOR],
}

/**
 * The data has been validated; its types are wider.
 *
 * @param defaultClaims those of the provider
 */
export function authenticationOf(
  { authenticationClaims, acrValues = DEFAULT_AUTHENTICATION.acrValues }: TenantData,
  defaultClaims: AuthenticationSettings['claims'],
): AuthenticationSettings {
  const claims = authenticationClaims ?? defaultClaims
  return { claims, acrValues } as AuthenticationSettings
}

/**
 * The names of the claims about the login in access tokens.
 *
 * @param api the identifier of the API, which is the namespace
 * @returns undefined if access tokens have none
 */
export function authenticationClaimNames(
  { claims }: AuthenticationSettings,
  api: string,
): { readonly acr: string; readonly authTime: string } | undefined {
  if (claims === 'none') return undefined
  const prefix = claims === 'standard' ? '' : `${api.replace(/\/$/, '')}/`
  return { acr: `${prefix}acr`, authTime: `${prefix}auth_time` }
}
