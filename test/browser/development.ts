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
    tenant: tenant.issuer,
    api: `http://localhost:${server.port}`,
    server,
  }
}
