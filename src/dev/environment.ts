import { randomBytes } from 'node:crypto'
import type { Environment } from '../config/environment.ts'
import { apiEnvironment } from '../local-tenant/controls/environment.ts'
import type { LocalTenant } from '../local-tenant/local-tenant.ts'

/** The variables that turn the browser login on. */
const BROWSER_LOGIN = ['AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET']

/**
 * The environment variables of the server: defaults, which the developer's own variables override, and
 * those that point it at the local tenant, which nothing overrides.
 */
export function developmentEnvironment(
  sources: readonly Environment[],
  { issuer, directory }: LocalTenant,
): Environment[] {
  const defaults = { CLIENT_ORIGIN_URL: 'http://localhost:4040' }
  const tenant = apiEnvironment(issuer, directory)
  const client = browserLoginClient(directory)
  if (client === undefined) return [defaults, ...sources.map(withoutBrowserLogin), tenant]
  // Sessions are in memory, so they end with the process anyway.
  const SESSION_SECRET = randomBytes(32).toString('base64url')
  return [{ ...defaults, SESSION_SECRET }, ...sources, { ...tenant, ...client(issuer) }]
}

/** The variables of the first confidential client that has redirect URIs, if there is one. */
function browserLoginClient({ clients }: LocalTenant['directory']) {
  for (const { id, secret, redirectUris, idTokenAlgorithm = 'RS256' } of clients) {
    if (secret === undefined || redirectUris.length === 0) continue
    return (issuer: string): Environment => ({
      AUTH0_CLIENT_ID: id,
      AUTH0_CLIENT_SECRET: secret,
      ID_TOKEN_ALG: idTokenAlgorithm,
      FEDERATED_APIS: `calendar=${issuer}third-party/calendar`,
    })
  }
  return undefined
}

/** The developer's client is one of another tenant. */
function withoutBrowserLogin(source: Environment): Environment {
  const kept = Object.entries(source).filter(([name]) => !BROWSER_LOGIN.includes(name))
  return Object.fromEntries(kept)
}
