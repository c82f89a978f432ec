import type { IncomingMessage } from 'node:http'
import { auth0 } from './auth0.ts'
import type { Endpoints, Provider } from './provider.ts'

/** As what the tenant appears to clients and APIs. The functions can be called once it listens. */
export interface TenantIdentity {
  readonly provider: Provider
  /** The claim `iss` of its tokens. */
  readonly issuer: () => string
  /** With a slash at its end. The console, the controls and the Management API are below it. */
  readonly baseUrl: () => string
}

/** @param baseUrl with a slash at its end */
export function identityOf(provider: Provider, baseUrl: () => string): TenantIdentity {
  return { provider, baseUrl, issuer: () => new URL(baseUrl()).origin + provider.issuerPath }
}

/**
 * Maps the paths of a provider to those of Auth0, which the routes have. Those of Auth0 stay, for the
 * commands.
 *
 * @returns what `rewriteUrl` of Fastify takes
 */
export function pathRewriter({ issuerPath, endpoints }: Provider) {
  const base = issuerPath.replace(/\/$/, '')
  const OPENID = '/.well-known/openid-configuration'
  const OAUTH = '/.well-known/oauth-authorization-server'
  const paths = new Map([
    ...(Object.keys(endpoints) as (keyof Endpoints)[]).map(
      (name) => [endpoints[name], auth0.endpoints[name]] as const,
    ),
    [`${base}${OPENID}`, OPENID],
    [`${OAUTH}${base}`, OAUTH],
  ])
  return ({ url = '' }: IncomingMessage): string => {
    const [path = ''] = url.split('?')
    const known = paths.get(path)
    return known === undefined ? url : `${known}${url.slice(path.length)}`
  }
}
