import type { FastifyInstance } from 'fastify'
import type { Directory } from './directory/directory.ts'

/**
 * The environment variables of an API that this tenant is the tenant of: the first one it knows.
 */
export function environmentOf(
  issuer: string,
  { resourceServers, clients, organizations }: Directory,
): Record<string, string> {
  const known = [...organizations].filter((organization) => organization.known)
  const api = resourceServers.find(() => true)
  const client = clients.find(({ secret }) => secret === undefined)
  return {
    AUTH0_DOMAIN: new URL(issuer).origin,
    ...(api !== undefined && { AUTH0_AUDIENCE: api.identifier }),
    ...(known.length > 0 && { AUTH0_ORGANIZATIONS: known.map(({ id }) => id).join() }),
    ORGANIZATION_REQUIRED: 'false',
    ACCESS_TOKEN_ALGORITHMS: 'RS256',
    ...(client !== undefined && { API_REFERENCE_CLIENT_ID: client.id }),
  }
}

export interface EnvironmentOptions {
  readonly issuer: () => string
  readonly directory: Directory
}

/** Tells commands what the API is configured with that `npm run dev` starts. */
export async function environment(
  app: FastifyInstance,
  { issuer, directory }: EnvironmentOptions,
): Promise<void> {
  app.get('/local-tenant/environment', () => environmentOf(issuer(), directory))
}
