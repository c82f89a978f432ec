import { explain } from '../explain/explanation.ts'
import type { ConsoleApi } from '../local-tenant/console/console-api.ts'
import type { RunningServer } from '../server.ts'
import { assertDefined } from '../utils/assert-defined.ts'

/** Connects the tenant's console to the running API. It covers the GET routes below `/api/`. */
export function createConsoleApi({ app, config, port }: RunningServer): ConsoleApi {
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
    explain(token, response, route) {
      const context = {
        expected,
        jwksUrl,
        organizations,
        host: 'localhost',
        now: Date.now() / 1000,
      }
      return explain(token, response, assertDefined(policies.get(route), 'policy'), context)
    },
  }
}
