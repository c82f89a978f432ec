import type { ClientData } from '../../tenant-data/tenant-data.ts'
import { FEDERATED_GRANT } from '../protocol/grant-types.ts'
import type { Connection, EnabledConnection } from './records.ts'

/** What every local tenant has. A project's data can replace the clients. */

export const connections: readonly Connection[] = [
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

/** How members log in to an organization. */
export const DATABASE_LOGIN: EnabledConnection[] = [
  {
    connection_id: 'con_people',
    assign_membership_on_login: false,
    show_as_button: true,
    is_signup_enabled: false,
  },
]

/** The callbacks of this server and Auth0's Express samples, and of the Next.js samples. */
const SERVER_CALLBACKS = ['loopback/callback', 'loopback/api/auth/callback']

/** @param permissions those of the API, which the machine client has */
export function defaultClients(permissions: readonly string[]): ClientData[] {
  return [
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
      redirectUris: SERVER_CALLBACKS,
      logoutUris: 'loopback/',
      initiateLoginUri: 'http://localhost:6060/login',
      backchannelLogoutUri: 'http://localhost:6060/backchannel-logout',
      grantTypes: ['authorization_code', 'refresh_token', FEDERATED_GRANT],
    },
    {
      id: 'messages-web-hs256',
      name: 'Messages on the server, HS256',
      secret: 'messages-web-hs256-secret-of-32-bytes-or-more',
      redirectUris: SERVER_CALLBACKS,
      logoutUris: 'loopback/',
      idTokenAlgorithm: 'HS256',
      initiateLoginUri: 'http://localhost:6060/login',
      backchannelLogoutUri: 'http://localhost:6060/backchannel-logout',
    },
    {
      id: 'messages-machine',
      name: 'Messages machine',
      secret: 'messages-machine-secret',
      granted: permissions,
    },
  ]
}
