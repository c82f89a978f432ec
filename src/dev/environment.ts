import { randomBytes } from 'node:crypto'
import { apiEnvironment } from '../local-tenant/controls/environment.ts'
import { clients } from '../local-tenant/directory/data.ts'
import type { LocalTenant } from '../local-tenant/local-tenant.ts'
import { assertDefined } from '../utils/assert-defined.ts'

/** Environment variables that the developer's own environment overrides. */
export function defaultEnvironment(): Record<string, string> {
  return {
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    // Sessions are in memory, so they end with the process anyway.
    SESSION_SECRET: randomBytes(32).toString('base64url'),
  }
}

/** Environment variables that point the server at the local tenant. Nothing overrides them. */
export function tenantEnvironment({ issuer, directory }: LocalTenant): Record<string, string> {
  return { ...apiEnvironment(issuer, directory), ...browserLoginEnvironment(issuer) }
}

/** The browser login uses the first confidential client in data.ts that has redirect URIs. */
function browserLoginEnvironment(issuer: string): Record<string, string> {
  const client = assertDefined(
    clients.find(({ secret, redirectUris }) => secret && redirectUris.length > 0),
    'web client',
  )
  return {
    AUTH0_CLIENT_ID: client.id,
    AUTH0_CLIENT_SECRET: assertDefined(client.secret, 'client secret'),
    ID_TOKEN_ALG: client.idTokenAlgorithm ?? 'RS256',
    FEDERATED_APIS: `calendar=${issuer}third-party/calendar`,
  }
}
