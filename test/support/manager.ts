import { ClientGrantsClient } from 'auth0/clientGrants'
import { ClientsClient } from 'auth0/clients'
import { ConnectionsClient } from 'auth0/connections'
import { OrganizationsClient } from 'auth0/organizations'
import { ResourceServersClient } from 'auth0/resourceServers'
import { RolesClient } from 'auth0/roles'
import { UsersClient } from 'auth0/users'
import { requestToken } from './visitor.ts'

/** The clients of Auth0's SDK, for the Management API of a local tenant. */
export function managementSdk(issuer: string, token: string, maxRetries = 0) {
  const options = { baseUrl: `${issuer}api/v2`, token, maxRetries }
  return {
    resourceServers: new ResourceServersClient(options),
    roles: new RolesClient(options),
    users: new UsersClient(options),
    clients: new ClientsClient(options),
    clientGrants: new ClientGrantsClient(options),
    organizations: new OrganizationsClient(options),
    connections: new ConnectionsClient(options),
  }
}

/** A token for the Management API. */
export async function managementToken(issuer: string): Promise<string> {
  const { body } = await requestToken(issuer, {
    grant_type: 'client_credentials',
    client_id: 'local-management',
    client_secret: 'local-management-secret',
    audience: `${issuer}api/v2/`,
  })
  return String(body['access_token'])
}

/** All items of a list, fetched page by page. */
export async function all<T>(list: Promise<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = []
  for await (const item of await list) items.push(item)
  return items
}
