import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/directory.ts'

/** The environment variables that configure an API for this tenant, as its first resource server. */
export function apiEnvironment(
  issuer: string,
  { resourceServers, clients, organizations }: Directory,
): Record<string, string> {
  const known = [...organizations].filter((organization) => organization.known)
  const api = resourceServers.find(() => true)
  const publicClient = clients.find(({ secret }) => secret === undefined)
  return {
    AUTH0_DOMAIN: new URL(issuer).origin,
    ...(api !== undefined && { AUTH0_AUDIENCE: api.identifier }),
    ...(known.length > 0 && { AUTH0_ORGANIZATIONS: known.map(({ id }) => id).join() }),
    ORGANIZATION_REQUIRED: 'false',
    ACCESS_TOKEN_ALGORITHMS: 'RS256',
    ...(publicClient !== undefined && { API_REFERENCE_CLIENT_ID: publicClient.id }),
  }
}

export interface EnvironmentOptions {
  readonly issuer: () => string
  readonly directory: Directory
}

/** `GET /local-tenant/environment`: lets commands use the configuration of `npm run dev`. */
export async function environmentControl(
  app: FastifyInstance,
  { issuer, directory }: EnvironmentOptions,
): Promise<void> {
  app.get('/local-tenant/environment', () => apiEnvironment(issuer(), directory))
}
