/** An API that access tokens are for, in the vendor's words. */
export interface ResourceServer {
  readonly id: string
  readonly identifier: string
  name: string
  /** The permissions that it knows. */
  scopes: { value: string; description?: string }[]
  signing_alg: string
  /** Seconds. */
  token_lifetime: number
  token_lifetime_for_web: number
  allow_offline_access: boolean
  skip_consent_for_verifiable_first_party_clients: boolean
  /** Whether roles count (RBAC). */
  enforce_policies: boolean
  /** Whether access tokens say the permissions: those whose name ends in `_authz` do. */
  token_dialect: string
}

/** Stands for the Management API, whose identifier hangs on the issuer: `<issuer>api/v2/`. */
export const MANAGEMENT = 'api/v2/'

/** What an API is like where nobody says otherwise. */
export const API_DEFAULTS = {
  scopes: [],
  signing_alg: 'RS256',
  token_lifetime: 86_400,
  token_lifetime_for_web: 7200,
  allow_offline_access: false,
  skip_consent_for_verifiable_first_party_clients: true,
  enforce_policies: false,
  token_dialect: 'access_token',
} satisfies Omit<ResourceServer, 'id' | 'identifier' | 'name'>

/** Whether tokens say permissions: with RBAC and its token switch on, both. */
export function saysPermissions(api: ResourceServer | undefined): boolean {
  return api?.enforce_policies === true && api.token_dialect.endsWith('_authz')
}

/** What is left of a scope where the API allows no refresh tokens. */
export function scopeFor(
  api: ResourceServer | undefined,
  scope: readonly string[],
): readonly string[] {
  return api?.allow_offline_access === false
    ? scope.filter((name) => name !== 'offline_access')
    : scope
}
