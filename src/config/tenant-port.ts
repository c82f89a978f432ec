import { ConfigError } from './config-error.ts'
import { type Environment, setting } from './environment.ts'

const DEFAULT_PORT = '6061'

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
