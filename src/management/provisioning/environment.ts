import { randomBytes } from 'node:crypto'
import type { ManagementClient } from '../client/client.ts'
import type { ResourceIds } from './apply.ts'
import type { Description } from './description.ts'
import type { ExistingVariables, Variables } from './env-file.ts'

/**
 * The environment variables of a server for the described tenant, without secrets.
 *
 * @param domain the value for `AUTH0_DOMAIN`
 * @param origins the web origins that the server accepts
 */
export function serverVariables(
  { api, clients, organizations, organization_required: required }: Description,
  ids: ResourceIds,
  domain: string,
  origins: readonly string[],
): Variables {
  const organizationIds = Object.keys(organizations).map((name) => ids.organizations.get(name))
  const browserClientId = ids.clients.get(clients.browser?.name ?? '')
  return {
    AUTH0_DOMAIN: domain,
    AUTH0_AUDIENCE: api.identifier,
    ...(origins.length > 0 && { CLIENT_ORIGIN_URL: origins.join() }),
    ...(organizationIds.length > 0 && { AUTH0_ORGANIZATIONS: organizationIds.join() }),
    ...(organizationIds.length > 0 && !required && { ORGANIZATION_REQUIRED: 'false' }),
    ...(browserClientId !== undefined && { API_REFERENCE_CLIENT_ID: browserClientId }),
  }
}

/** The variables that enable the browser login. The server needs all three of them. */
export const BROWSER_LOGIN_VARIABLES = [
  'AUTH0_CLIENT_ID',
  'AUTH0_CLIENT_SECRET',
  'SESSION_SECRET',
] as const

/**
 * The variables of the browser login, including secrets.
 *
 * @param existing what is already set; if it is for another client, no secret is returned
 * @returns nothing if the tenant does not return the secret, which needs `read:client_keys`
 */
export async function browserLoginVariables(
  { clients }: ManagementClient,
  id: string,
  existing: ExistingVariables,
): Promise<Variables> {
  if ((existing['AUTH0_CLIENT_ID'] || id) !== id) return { AUTH0_CLIENT_ID: id }
  const { client_secret: secret } = await clients.get(id, { fields: 'client_secret' })
  if (secret === undefined) return {}
  return {
    AUTH0_CLIENT_ID: id,
    AUTH0_CLIENT_SECRET: secret,
    SESSION_SECRET: existing['SESSION_SECRET'] || randomBytes(32).toString('base64url'),
  }
}
