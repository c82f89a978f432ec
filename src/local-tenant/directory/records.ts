/** An organization that people can log in to. */
export interface Organization {
  /** The claim `org_id`. */
  id: string
  /** The claim `org_name`. */
  name: string
  displayName: string
  /** Whether `npm run dev` lists it in the API's AUTH0_ORGANIZATIONS. */
  known: boolean
  /** The connections that its members log in with, in the format of Auth0. */
  enabled: EnabledConnection[]
}

export interface EnabledConnection {
  connection_id: string
  /** Whether anyone who logs in becomes a member. */
  assign_membership_on_login: boolean
  show_as_button: boolean
  is_signup_enabled: boolean
}

/** A user of the tenant. */
export interface Persona {
  /** The argument of `npm run token -- <name>`. */
  name: string
  displayName: string
  email: string
  /** The claim `email_verified`. The default is `true`. */
  readonly emailVerified?: boolean
  /** The claim `picture`. */
  readonly picture?: string
  /** Further claims of its access tokens and ID tokens. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Why its login is refused (`access_denied`). */
  readonly denied?: string
  /** Whether it has a second factor. The default is `true`. */
  readonly secondFactor?: boolean
  /** Names of roles. */
  roles: string[]
  /** Ids of the organizations that it is a member of. `npm run token` uses the first one. */
  organizations: string[]
}

export interface Role {
  readonly id: string
  name: string
  description: string
  /** Names of permissions, each with the identifier of its API. */
  readonly permissions: { readonly api: string; readonly name: string }[]
}

/** A source of users (Auth0's connection): the tenant's own database or an external service. */
export interface Connection {
  id: string
  /** The parameter `connection` of the federated grant. It never changes. */
  name: string
  displayName: string
  /** `auth0` for the tenant's own database. */
  strategy: string
  /** The scope of tokens for its third-party API. Empty if it has no such API. */
  scopes: string[]
  /** Properties that the Management API has set and that have no effect here. */
  settings?: Record<string, unknown>
}

/**
 * Exact URLs, and rules from the tenant's data: `loopback` allows any URL on this machine,
 * `loopback/callback` those with this path, at any port. The Management API does not know rules: it
 * neither shows nor changes them.
 */
export type AllowedUris = string[]

export function isLoopbackRule(uri: string): boolean {
  return /^loopback(\/|$)/.test(uri)
}

export interface Client {
  id: string
  name: string
  /** Only confidential clients have one. Clients without a secret are public. */
  secret?: string
  /** Allowed values of `redirect_uri` at login. */
  redirectUris: AllowedUris
  /** Allowed redirect URLs after logout. */
  logoutUris: AllowedUris
  /** `HS256` if its ID tokens are signed with its secret. The default is RS256. */
  idTokenAlgorithm?: 'HS256'
  /** The URL where a login starts. Invitation links lead there. */
  initiateLoginUri?: string
  /** Receives logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.2). */
  backchannelLogoutUri?: string
  /** The grant types it may use. The default depends on whether it is public. */
  grantTypes?: string[]
  /** Whether its access tokens must be bound to a key (RFC 9449). The default is `false`. */
  requireProofOfPossession?: boolean
  /** Whether logins are for an organization, as in Auth0. The default is `allow`. */
  organizationUsage?: 'deny' | 'allow' | 'require'
  /** Whether the login page asks for one. The default is `post_login_prompt`. */
  organizationBehavior?: 'no_prompt' | 'pre_login_prompt' | 'post_login_prompt'
  /** Properties that the Management API has set and that have no effect here. */
  settings?: Record<string, unknown>
}

/** The scope that a client may have for itself (client credentials). */
export interface ClientGrant {
  readonly id: string
  readonly client_id: string
  /** The identifier of an API, or MANAGEMENT. */
  readonly audience: string
  scope: string[]
}

/** An invitation to become a member of an organization. It can be used once. */
export interface Invitation {
  readonly id: string
  /** The secret in the link. */
  readonly ticket: string
  /** The id of the organization. */
  readonly organization: string
  /** The name of the person who invites. */
  readonly inviter: string
  /** The e-mail address of the person who is invited. */
  readonly invitee: string
  /** The id of the client that the link leads to. */
  readonly client: string
  /** Names of roles that the member gets. */
  readonly roles: readonly string[]
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  used: boolean
}
