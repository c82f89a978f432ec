/** An API that access tokens are for, in the format of Auth0. */
export interface ResourceServer {
  readonly id: string
  readonly identifier: string
  name: string
  /** The permissions that the API defines. */
  scopes: { value: string; description?: string }[]
  signing_alg: string
  /** Seconds. */
  token_lifetime: number
  /** Seconds. */
  token_lifetime_for_web: number
  allow_offline_access: boolean
  skip_consent_for_verifiable_first_party_clients: boolean
  /** Whether role-based access control (RBAC) is on. */
  enforce_policies: boolean
  /** With RBAC on, dialects that end in `_authz` add the claim `permissions` to access tokens. */
  token_dialect: string
}

/** Stands for the Management API. Its real identifier depends on the issuer: `<issuer>api/v2/`. */
export const MANAGEMENT = 'api/v2/'

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

/** Whether access tokens have the claim `permissions`. */
export function includesPermissions(api: ResourceServer | undefined): boolean {
  return api?.enforce_policies === true && api.token_dialect.endsWith('_authz')
}

/** Removes `offline_access` from a scope if the API does not allow refresh tokens. */
export function allowedScope(
  api: ResourceServer | undefined,
  scope: readonly string[],
): readonly string[] {
  return api?.allow_offline_access === false
    ? scope.filter((name) => name !== 'offline_access')
    : scope
}
