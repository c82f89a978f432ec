import { ClientGrantsClient } from 'auth0/clientGrants'
import { ClientsClient } from 'auth0/clients'
import { ConnectionsClient } from 'auth0/connections'
import { OrganizationsClient } from 'auth0/organizations'
import { ResourceServersClient } from 'auth0/resourceServers'
import { RolesClient } from 'auth0/roles'
import { UsersClient } from 'auth0/users'
import { lacking } from './errors.ts'
import { type Clock, systemClock } from './rate-limit.ts'
import { type Credentials, ManagementToken } from './token.ts'
import { transport } from './transport.ts'

export interface ManagementOptions {
  /** The tenant, by its issuer: `https://name.region.auth0.com/`, or the local one's. */
  readonly issuer: string
  readonly credentials: Credentials
  /** For one request, in milliseconds. */
  readonly timeout?: number
  /** How long rate limits are waited for in all, in milliseconds. */
  readonly patience?: number
  readonly clock?: Clock
}

/** The parts of a tenant's Management API that this project uses, through the vendor's SDK. */
export type Management = ReturnType<typeof managementOf>

/**
 * Nothing is asked of the tenant before the first call. The SDK's whole client speaks https alone;
 * its sub-clients take a base URL, so the same code talks to real tenants and to the local one.
 */
export function managementOf({
  issuer,
  credentials,
  timeout = 10_000,
  patience = 30_000,
  clock = systemClock,
}: ManagementOptions) {
  const fetcher = transport({ timeout, patience, clock })
  const token = new ManagementToken(issuer, credentials, fetcher)
  const options = {
    baseUrl: `${issuer}api/v2`,
    token: () => token.get(),
    fetch: fetcher,
    // Both are the transport's. The SDK's timer would outlive a failure and hold up the process.
    maxRetries: 0,
    timeoutInSeconds: 0,
  }
  return {
    resourceServers: new ResourceServersClient(options),
    roles: new RolesClient(options),
    users: new UsersClient(options),
    clients: new ClientsClient(options),
    clientGrants: new ClientGrantsClient(options),
    organizations: new OrganizationsClient(options),
    connections: new ConnectionsClient(options),
    /** @throws ManagementError `insufficient_scope` where the token says what it may, and not this */
    async needs(...scopes: string[]): Promise<void> {
      const had = await token.scopes()
      const missing = scopes.filter((scope) => had?.has(scope) === false)
      if (missing.length > 0) throw lacking(missing)
    },
  }
}

/** Everything of a list, page by page. */
export async function all<T>(list: Promise<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = []
  for await (const item of await list) items.push(item)
  return items
}
