import { FEDERATED_GRANT } from '../protocol/grant-types.ts'
import type { ClientData, Connection, EnabledConnection, Organization, Persona } from './records.ts'

/*
 * The personas, organizations, clients and connections of the local tenant. Edit this file and
 * restart `npm run dev`. The types in records.ts describe each property.
 */

/** The API that access tokens are for. The lifetime of the tokens is in seconds. */
export const api = {
  identifier: 'https://messages-api.example.com',
  tokenLifetime: 24 * 60 * 60,
}

/** The permissions of each role. */
export const roles: Record<string, string[]> = {
  admin: ['read:admin-messages'],
}

const DATABASE_LOGIN: EnabledConnection[] = [
  {
    connection_id: 'con_people',
    assign_membership_on_login: false,
    show_as_button: true,
    is_signup_enabled: false,
  },
]

export const organizations: Organization[] = [
  { id: 'org_acme', name: 'acme', displayName: 'Acme', known: true, enabled: DATABASE_LOGIN },
  {
    id: 'org_globex',
    name: 'globex',
    displayName: 'Globex',
    known: false,
    enabled: DATABASE_LOGIN,
  },
]

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
