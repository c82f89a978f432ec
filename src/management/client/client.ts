import { ClientGrantsClient } from 'auth0/clientGrants'
import { ClientsClient } from 'auth0/clients'
import { ConnectionsClient } from 'auth0/connections'
import { OrganizationsClient } from 'auth0/organizations'
import { ResourceServersClient } from 'auth0/resourceServers'
import { RolesClient } from 'auth0/roles'
import { UsersClient } from 'auth0/users'
import { insufficientScopeError } from './errors.ts'
import { type Clock, systemClock } from './rate-limit.ts'
import { type Credentials, ManagementToken } from './token.ts'
import { createFetch } from './transport.ts'

export interface ManagementOptions {
  /** The issuer of the tenant: `https://name.region.auth0.com/`, or that of the local tenant. */
  readonly issuer: string
  readonly credentials: Credentials
  /** For one request. */
  readonly timeoutMs?: number
  /** The total time to wait for rate limits. */
  readonly retryBudgetMs?: number
  readonly clock?: Clock
}

/** The parts of the Management API that this project uses, through Auth0's SDK. */
export type ManagementClient = ReturnType<typeof createManagementClient>

/**
 * Creates a client for the Management API of a tenant. It sends no request before the first call.
 *
 * The SDK's own ManagementClient supports only https (https://github.com/auth0/node-auth0/issues/647).
 * Its sub-clients take a base URL, so the same code works with the local tenant.
 */
export function createManagementClient({
  issuer,
  credentials,
  timeoutMs = 10_000,
  retryBudgetMs = 30_000,
  clock = systemClock,
}: ManagementOptions) {
  const fetcher = createFetch({ timeoutMs, retryBudgetMs, clock })
  const token = new ManagementToken(issuer, credentials, fetcher)
  const options = {
    baseUrl: `${issuer}api/v2`,
    token: () => token.get(),
    fetch: fetcher,
    // createFetch() retries and has a timeout. The SDK (7.1.0) does not clear its timer when a
    // request fails (core/fetcher/makeRequest), which keeps the process running.
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
    /** @throws ManagementError `insufficient_scope` if the token lists its scopes and lacks one of these */
    async requireScopes(...scopes: string[]): Promise<void> {
      const granted = await token.scopes()
      const missing = scopes.filter((scope) => granted?.has(scope) === false)
      if (missing.length > 0) throw insufficientScopeError(missing)
    },
  }
}

/** All items of a paginated list. */
export async function listAll<T>(list: Promise<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = []
  for await (const item of await list) items.push(item)
  return items
}
