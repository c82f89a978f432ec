import pretty from 'pino-pretty'
import { type Environment, setting } from '../config/environment.ts'
import { tenantPort } from '../config/tenant-port.ts'
import { setServerOrigin } from '../local-tenant/directory/server-origin.ts'
import { type LocalTenant, startLocalTenant } from '../local-tenant/local-tenant.ts'
import { product } from '../product.ts'
import { type RunningServer, startServer } from '../server.ts'
import { createConsoleApi } from './console-api.ts'
import { defaultEnvironment, tenantEnvironment } from './environment.ts'

export interface Development {
  readonly tenant: LocalTenant
  readonly server: RunningServer
}

/** Starts the local tenant, and the same server as in production with the tenant's URL. */
export async function startDevelopment(
  sources: readonly Environment[],
  directory = '.local-tenant',
): Promise<Development> {
  let server: RunningServer | undefined
  const tenant = await startLocalTenant({
    api: () => server && createConsoleApi(server),
    port: tenantPort(sources),
    directory,
    environment: setting(sources, 'NODE_ENV', 'development'),
  })
  const logTo = pretty({ colorize: process.stdout.isTTY, singleLine: true, sync: true })
  try {
    server = await startServer(
      product,
      [defaultEnvironment(), ...sources, tenantEnvironment(tenant)],
      { logTo },
    )
    setServerOrigin(tenant.directory, `http://localhost:${server.port}`)
    return { tenant, server }
  } catch (error) {
    await tenant.app.close()
    throw error
  }
}
