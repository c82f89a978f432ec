import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import type { Test } from 'tap'
import { startDevelopment } from '../../src/dev/main.ts'

/** What `npm run dev` starts, at ports of the system's choice; it ends with the test. */
export async function development(t: Test, environment: Record<string, string> = {}) {
  const sources = [{ PORT: '0', TENANT_PORT: '0', LOG_LEVEL: 'silent', ...environment }]
  const { tenant, server } = await startDevelopment(sources, t.testdir())
  t.teardown(async () => {
    await server.app.close()
    await tenant.app.close()
  })
  return {
    /** The local tenant's address, which is its issuer. */
    tenant: tenant.issuer,
    /** What the commands are told, to ask this tenant. */
    tenantPort: new URL(tenant.issuer).port,
    localTenant: tenant,
    api: `http://localhost:${server.port}`,
    server,
  }
}

/** A port that nobody listens on, for pages that have to know their own address beforehand. */
export async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}
