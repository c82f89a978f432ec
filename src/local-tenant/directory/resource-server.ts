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
  /** Whether access tokens can be bound to a key of the client, or must be. `null` if they are never bound. */
  proof_of_possession?: ProofOfPossession | null
  /** With RBAC on, dialects that end in `_authz` add the claim `permissions` to access tokens. */
  token_dialect: string
}

export interface ProofOfPossession {
  mechanism: 'dpop'
  required: boolean
  /** The default is `all_clients`. */
  required_for?: 'all_clients' | 'public_clients'
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

/** The scopes of OpenID Connect (Core §5.4, §11), which belong to no API. */
export const OPENID_SCOPES: readonly string[] = ['openid', 'profile', 'email', 'offline_access']

/**
 * What is granted of a requested scope: the scopes of OpenID Connect, and those of the API. With RBAC on,
 * the person must hold these. `offline_access` is left out if the API does not allow refresh tokens.
 *
 * @param permissions those of the API that the person holds
 */
export function grantedScope(
  api: ResourceServer | undefined,
  requested: readonly string[],
  permissions: readonly string[],
): readonly string[] {
  const { scopes, enforce_policies: isRbacOn, allow_offline_access: isOffline } = api ?? NO_API
  const names = scopes.map(({ value }) => value)
  const held = isRbacOn ? names.filter((name) => permissions.includes(name)) : names
  const granted = [...OPENID_SCOPES, ...held]
  return requested.filter(
    (name) => granted.includes(name) && (isOffline || name !== 'offline_access'),
  )
}

const NO_API: Pick<ResourceServer, 'scopes' | 'enforce_policies' | 'allow_offline_access'> = {
  scopes: [],
  enforce_policies: false,
  allow_offline_access: true,
}
