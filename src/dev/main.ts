import { randomBytes } from 'node:crypto'
import closeWithGrace from 'close-with-grace'
import pretty from 'pino-pretty'
import { isEntry, run } from '../cli/support/run.ts'
import { type Environment, readEnvironment, setting } from '../config/environment.ts'
import { tenantPort } from '../config/tenant-port.ts'
import { explain } from '../explain/explanation.ts'
import type { Api } from '../local-tenant/console/api.ts'
import { clients } from '../local-tenant/directory/data.ts'
import { moveWebClients } from '../local-tenant/directory/web-clients.ts'
import { environmentOf } from '../local-tenant/environment.ts'
import { type LocalTenant, startLocalTenant } from '../local-tenant/local-tenant.ts'
import { type RunningServer, startServer } from '../server.ts'
import { assertDefined } from '../utils/assert-defined.ts'
import { greeting } from './greeting.ts'

export interface Development {
  readonly tenant: LocalTenant
  readonly server: RunningServer
}

/** Starts the local tenant and, against its URL, the same server that runs in production. */
export async function startDevelopment(
  sources: readonly Environment[],
  directory = '.local-tenant',
): Promise<Development> {
  let server: RunningServer | undefined
  const tenant = await startLocalTenant({
    api: () => server && beside(server),
    port: tenantPort(sources),
    directory,
    environment: setting(sources, 'NODE_ENV', 'development'),
  })
  const ours = { ...environmentOf(tenant.issuer, tenant.directory), ...browserLogin(tenant.issuer) }
  const defaults = {
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    // Sessions end with the process, as those in memory do anyway.
    SESSION_SECRET: randomBytes(32).toString('base64url'),
  }
  const logTo = pretty({ colorize: process.stdout.isTTY, singleLine: true, sync: true })
  try {
    server = await startServer([defaults, ...sources, ours], logTo)
    moveWebClients(tenant.directory, `http://localhost:${server.port}`)
    return { tenant, server }
  } catch (error) {
    await tenant.app.close()
    throw error
  }
}

/** The pages log in as the client of the local tenant that has a secret and a place to come back to. */
function browserLogin(issuer: string) {
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

/** The API as the tenant's console calls and explains it: at its URL, by its configuration. */
function beside({ app, config, port }: RunningServer): Api {
  const { tokens: expected, jwksUrl, organizations } = config
  const policies = new Map(
    [...app.policies].flatMap(([path, methods]) => {
      const policy = path.startsWith('/api/') ? methods.get('GET') : undefined
      return policy === undefined ? [] : [[path, policy] as const]
    }),
  )
  return {
    url: `http://localhost:${port}`,
    audience: expected.audience,
    policies,
    explain(token, answer, route) {
      const context = {
        expected,
        jwksUrl,
        organizations,
        host: 'localhost',
        now: Date.now() / 1000,
      }
      return explain(token, answer, assertDefined(policies.get(route), 'policy'), context)
    },
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
