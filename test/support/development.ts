import type { Test } from 'tap'
import { startDevelopment } from '../../src/dev/start-development.ts'
import { freePort as freePortAt } from './process.ts'
import { TEST_PROJECT } from './product/test-project.ts'
import { writeTenantKeys } from './tokens/key-cache.ts'

/** Starts the same as `npm run dev`, at free ports. It closes when the test ends. */
export async function development(
  t: Test,
  environment: Record<string, string> = {},
  project = TEST_PROJECT,
) {
  const quiet = { LOG_LEVEL: 'silent', MAX_EVENT_LOOP_DELAY: '0' }
  const sources = [{ PORT: '0', TENANT_PORT: '0', ...quiet, ...environment }]
  const directory = t.testdir()
  await writeTenantKeys(directory)
  const { tenant, server } = await startDevelopment(sources, directory, project)
  t.teardown(async () => {
    await server.app.close()
    await tenant.app.close()
  })
  return {
    /** The issuer of the local tenant. */
    tenant: tenant.issuer,
    /** The value of TENANT_PORT for commands. */
    tenantPort: new URL(tenant.issuer).port,
    localTenant: tenant,
    api: `http://localhost:${server.port}`,
    server,
  }
}

/** Finds a free port, for a server whose URL must be known before it starts. */
export async function freePort(): Promise<string> {
  return String(await freePortAt('localhost'))
}
