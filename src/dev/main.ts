import closeWithGrace from 'close-with-grace'
import pretty from 'pino-pretty'
import { type Environment, readEnvironment, setting, tenantPort } from '../config.ts'
import { isEntry, run } from '../entry.ts'
import { type RunningServer, startServer } from '../server.ts'
import { greeting } from './greeting.ts'
import { environmentOf } from './local-tenant/environment.ts'
import { type LocalTenant, startLocalTenant } from './local-tenant/tenant.ts'

export interface Development {
  readonly tenant: LocalTenant
  readonly server: RunningServer
}

/** Starts the local tenant and, against its URL, the same server that runs in production. */
export async function startDevelopment(
  sources: readonly Environment[],
  directory = '.local-tenant',
): Promise<Development> {
  const tenant = await startLocalTenant({
    port: tenantPort(sources),
    directory,
    environment: setting(sources, 'NODE_ENV', 'development'),
  })
  const ours = environmentOf(tenant.issuer)
  const defaults = { CLIENT_ORIGIN_URL: 'http://localhost:4040' }
  const logTo = pretty({ colorize: process.stdout.isTTY, singleLine: true, sync: true })
  try {
    return { tenant, server: await startServer([defaults, ...sources, ours], logTo) }
  } catch (error) {
    await tenant.app.close()
    throw error
  }
}

export async function main(): Promise<void> {
  const { tenant, server } = await startDevelopment(readEnvironment())
  closeWithGrace(async () => {
    await server.app.close()
    await tenant.app.close()
  })
  process.stdout.write(greeting(`http://localhost:${server.port}`, tenant.issuer))
}

if (isEntry(import.meta.url)) await run(main)
