import { MANAGEMENT_SCOPES } from '../management-api/scopes.ts'

/**
 * Who and what the local tenant knows. Edit it and start `npm run dev` again.
 */

/** Exchanges a refresh token for the access token of a third party. */
export const FEDERATED_GRANT =
  'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'

/** The API that access tokens are for, and how long they last, in seconds. */
export const api = {
  identifier: 'https://messages-api.example.com',
  tokenLifetime: 24 * 60 * 60,
}

/** What each role may do. */
export const roles: Record<string, string[]> = {
  admin: ['read:admin-messages'],
}

export interface Organization {
  /** What `org_id` says. */
  id: string
  /** What `org_name` says. */
  name: string
  displayName: string
  /** Whether the API knows it in development. */
  known: boolean
  /** What its members log in by, in the vendor's words. */
  enabled: EnabledConnection[]
}

export interface EnabledConnection {
  connection_id: string
  /** Whether a login makes anybody a member. */
  assign_membership_on_login: boolean
  show_as_button: boolean
  is_signup_enabled: boolean
}

const BY_PASSWORD: EnabledConnection[] = [
  {
    connection_id: 'con_people',
    assign_membership_on_login: false,
    show_as_button: true,
    is_signup_enabled: false,
  },
]

export const organizations: Organization[] = [
  { id: 'org_acme', name: 'acme', displayName: 'Acme', known: true, enabled: BY_PASSWORD },
  { id: 'org_globex', name: 'globex', displayName: 'Globex', known: false, enabled: BY_PASSWORD },
]

export interface Persona {
  /** What `npm run token -- <name>` takes. */
  name: string
  displayName: string
  email: string
  roles: string[]
  /** The ids of the organizations it is a member of. `npm run token` takes the first one. */
  organizations: string[]
}

export const personas: Persona[] = [
  {
    name: 'user',
    displayName: 'Uma User',
    email: 'user@example.com',
    roles: [],
    organizations: [],
  },
  {
    name: 'admin',
    displayName: 'Ada Admin',
    email: 'admin@example.com',
    roles: ['admin'],
    organizations: [],
  },
  {
    name: 'acme-member',
    displayName: 'Mia Member',
    email: 'member@acme.example.com',
    roles: [],
    organizations: ['org_acme'],
  },
  {
    name: 'acme-admin',
    displayName: 'Abe Admin',
    email: 'admin@acme.example.com',
    roles: ['admin'],
    organizations: ['org_acme'],
  },
  {
    name: 'globex-member',
    displayName: 'Gus Globex',
    email: 'member@globex.example.com',
    roles: [],
    organizations: ['org_globex'],
  },
]

/** Where people and their accounts elsewhere come from. */
export interface Connection {
  id: string
  /** What the federated grant calls it. It never changes. */
  name: string
  displayName: string
  /** `auth0` for the tenant's own people. */
  strategy: string
  /** What its third-party API lets a token do; none where there is no such API. */
  scopes: string[]
  /** What else the Management API was told of it. */
  settings?: Record<string, unknown>
}

export const connections: Connection[] = [
  {
    id: 'con_people',
    name: 'Username-Password-Authentication',
    displayName: 'People',
    strategy: 'auth0',
    scopes: [],
  },
  {
    id: 'con_calendar',
    name: 'calendar',
    displayName: 'Calendar',
    strategy: 'oauth2',
    scopes: ['read:calendar'],
  },
]

/**
 * Exactly these, or any address on this machine, or those of them with one path
 * (`loopback/callback`): ports vary in development, paths do not.
 */
export type AllowedUris = `loopback${string}` | string[]

export interface Client {
  id: string
  name: string
  /** Confidential clients have one; it is worth nothing outside this machine. Others are public. */
  secret?: string
  /** Where a login may lead back to. */
  redirectUris: AllowedUris
  /** Where a logout may lead back to. */
  logoutUris: AllowedUris
  /** `HS256` for ID tokens signed with the secret; RS256 where it does not say. */
  idTokenAlgorithm?: 'HS256'
  /** Its page that begins a login, for links in invitations. */
  initiateLoginUri?: string
  /** Where it is told that somebody logged out (OpenID Connect Back-Channel Logout §2.2). */
  backchannelLogoutUri?: string
  /** The grant types that it may use; those that its kind has where it does not say. */
  grantTypes?: string[]
  /** What else the Management API was told of it. */
  settings?: Record<string, unknown>
}

/** A client in this file, and the permissions of the API that it is granted for itself. */
export type ClientData = Client & { granted?: string[] }

export const clients: ClientData[] = [
  {
    id: 'messages-spa',
    name: 'Messages in the browser',
    redirectUris: 'loopback',
    logoutUris: 'loopback',
  },
  {
    id: 'messages-web',
    name: 'Messages on the server',
    secret: 'messages-web-secret',
    redirectUris: 'loopback/callback',
    logoutUris: 'loopback/',
    initiateLoginUri: 'http://localhost:6060/login',
    backchannelLogoutUri: 'http://localhost:6060/backchannel-logout',
    grantTypes: ['authorization_code', 'refresh_token', FEDERATED_GRANT],
  },
  {
    id: 'messages-web-hs256',
    name: 'Messages on the server, HS256',
    secret: 'messages-web-hs256-secret-of-32-bytes-or-more',
    redirectUris: 'loopback/callback',
    logoutUris: 'loopback/',
    idTokenAlgorithm: 'HS256',
    initiateLoginUri: 'http://localhost:6060/login',
    backchannelLogoutUri: 'http://localhost:6060/backchannel-logout',
  },
  {
    id: 'messages-machine',
    name: 'Messages machine',
    secret: 'messages-machine-secret',
    redirectUris: [],
    logoutUris: [],
    granted: ['read:admin-messages'],
  },
]

/** Who administers the tenant through its Management API. */
export const managementClient: Client & { readonly managementScopes: readonly string[] } = {
  id: 'local-management',
  name: 'Administration',
  secret: 'local-management-secret',
  redirectUris: [],
  logoutUris: [],
  grantTypes: ['client_credentials'],
  managementScopes: MANAGEMENT_SCOPES,
}
