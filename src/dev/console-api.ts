import { explain, serverContext } from '../explain/explanation.ts'
import type { ApiRequest, ConsoleApi } from '../local-tenant/console/console-api.ts'
import type { DryRunRequest } from '../plugins/dry-run.ts'
import type { RunningServer } from '../server.ts'
import { assertDefined } from '../utils/assert-defined.ts'

type Method = DryRunRequest['method']

/**
 * Connects the tenant's console to the running API. It covers the routes of the product. The API
 * decides what it would do with a request, and no handler runs.
 */
export function createConsoleApi(
  { app, config, port, keySet }: RunningServer,
  project: string,
): ConsoleApi {
  const routes = new Map(
    app.productPaths.flatMap((path) =>
      [...assertDefined(app.policies.get(path), 'policies')]
        .filter(([method]) => method !== 'HEAD')
        .map(([method, access]) => [labelOf(method, path), { method, path, access }] as const),
    ),
  )
  const url = `http://localhost:${port}`
  const routeOf = (label: string) => assertDefined(routes.get(label), 'route')
  async function decide({ method, path, host, token }: ApiRequest) {
    const headers = { host, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
    const answer = await app.dryRun({ method: method as Method, url: path, headers })
    const { status, message, challenge, code } = answer
    return { status, message, challenge, code, keySet: keySet() }
  }
  return {
    project,
    url,
    publicUrl: config.publicUrl ?? url,
    audience: config.tokens.audiences[0],
    policies: new Map([...routes].map(([label, { access }]) => [label, access])),
    decide,
    async decideRoute(label, token) {
      const { method, path } = routeOf(label)
      const target = path.replaceAll(/:\w+|\*/g, '1')
      const answer = await decide({ method, path: target, host: 'localhost', token })
      return answer.status === 204 ? { status: 200, message: 'allowed' } : answer
    },
    explain(token, response, label) {
      const context = {
        ...serverContext(config),
        keySet: keySet(),
        host: 'localhost',
        now: Date.now() / 1000,
      }
      return explain(token, response, routeOf(label).access, context)
    },
  }
}

/** Most routes have one method, so that GET goes without saying. */
function labelOf(method: string, path: string): string {
  return method === 'GET' ? path : `${method} ${path}`
}
