import closeWithGrace from 'close-with-grace'
import pretty from 'pino-pretty'
import { type Environment, readEnvironment, setting, tenantPort } from '../config.ts'
import { isEntry, run } from '../entry.ts'
import { must } from '../must.ts'
import { type RunningServer, startServer } from '../server.ts'
import { greeting } from './greeting.ts'
import { api, clients, organizations } from './local-tenant/data.ts'
import { type LocalTenant, startLocalTenant } from './local-tenant/tenant.ts'
import { moveWebClients } from './local-tenant/web-clients.ts'

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
  const known = organizations.filter((organization) => organization.known)
  const ours = {
    AUTH0_DOMAIN: new URL(tenant.issuer).origin,
    AUTH0_AUDIENCE: api.identifier,
    ...(known.length > 0 && { AUTH0_ORGANIZATIONS: known.map(({ id }) => id).join() }),
    ORGANIZATION_REQUIRED: 'false',
    ACCESS_TOKEN_ALGORITHMS: 'RS256',
    API_REFERENCE_CLIENT_ID: must(clients[0]).id,
  }
  const defaults = { CLIENT_ORIGIN_URL: 'http://localhost:4040' }
  const logTo = pretty({ colorize: process.stdout.isTTY, singleLine: true, sync: true })
  try {
    const server = await startServer([defaults, ...sources, ours], logTo)
    moveWebClients(tenant.directory, `http://localhost:${server.port}`)
    return { tenant, server }
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
  process.stdout.write(greeting(`http://localhost:${server.port}`, tenant.issuer, tenant.directory))
}

if (isEntry(import.meta.url)) await run(main)
