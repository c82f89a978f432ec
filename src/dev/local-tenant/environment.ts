import type { FastifyInstance } from 'fastify'
import { must } from '../../must.ts'
import { api, clients, organizations } from './data.ts'

/** The environment variables of an API that this tenant is the tenant of. */
export function environmentOf(issuer: string): Record<string, string> {
  const known = organizations.filter((organization) => organization.known)
  return {
    AUTH0_DOMAIN: new URL(issuer).origin,
    AUTH0_AUDIENCE: api.identifier,
    ...(known.length > 0 && { AUTH0_ORGANIZATIONS: known.map(({ id }) => id).join() }),
    ORGANIZATION_REQUIRED: 'false',
    ACCESS_TOKEN_ALGORITHMS: 'RS256',
    API_REFERENCE_CLIENT_ID: must(clients[0]).id,
  }
}

/** Tells commands what the API is configured with that `npm run dev` starts. */
export async function environment(app: FastifyInstance, { issuer }: { issuer: () => string }) {
  app.get('/local-tenant/environment', () => environmentOf(issuer()))
}
