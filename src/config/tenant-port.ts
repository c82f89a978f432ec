import { existsSync, readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'
import { type Environment, setting } from './environment.ts'

const DEFAULT_PORT = '6061'

/** Where the local tenant of a project keeps its certificate. */
const CERTIFICATE = '.local-tenant/certificate.pem'

/**
 * The port of the local tenant (`TENANT_PORT`). The server does not know this variable: only
 * development and the commands do.
 *
 * @throws ConfigError
 */
export function tenantPort(sources: readonly Environment[]): number {
  const port = Number(setting(sources, 'TENANT_PORT', DEFAULT_PORT))
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new ConfigError([{ problem: 'TENANT_PORT is invalid', expected: 'a port from 0 to 65535' }])
}

/**
 * Whether the local tenant uses https (`TENANT_HTTPS`).
 *
 * @throws ConfigError
 */
export function isTenantHttps(sources: readonly Environment[]): boolean {
  const value = setting(sources, 'TENANT_HTTPS', 'false')
  if (value === 'true' || value === 'false') return value === 'true'
  throw new ConfigError([{ problem: 'TENANT_HTTPS is invalid', expected: 'true or false' }])
}

/**
 * The origin of the local tenant.
 *
 * @throws ConfigError
 */
export function tenantOrigin(sources: readonly Environment[]): string {
  return `${isTenantHttps(sources) ? 'https' : 'http'}://localhost:${tenantPort(sources)}`
}

/**
 * Lets the commands trust the local tenant of the working directory, if it uses https.
 *
 * @throws ConfigError
 */
export async function trustTenant(sources: readonly Environment[]): Promise<void> {
  if (!isTenantHttps(sources) || !existsSync(CERTIFICATE)) return
  await trustCertificate(tenantOrigin(sources), readFileSync(CERTIFICATE, 'utf8'))
}

/**
 * Makes `fetch` trust a certificate at one origin, in the whole process. Requests to other origins are as
 * before: proxies and certificate authorities stay.
 */
export async function trustCertificate(origin: string, certificate: string): Promise<void> {
  const { Agent, getGlobalDispatcher, setGlobalDispatcher } = await import('undici')
  const tenant = new Agent({ connect: { ca: certificate } })
  const trusting = getGlobalDispatcher().compose(
    (dispatch) => (options, handler) =>
      String(options.origin) === origin
        ? tenant.dispatch(options, handler)
        : dispatch(options, handler),
  )
  setGlobalDispatcher(trusting)
}
