import { type ExplanationContext, explain, serverContext } from '../explain/explanation.ts'
import type { ApiRequest, ConsoleApi } from '../local-tenant/console/console-api.ts'
import type { DryRunRequest } from '../plugins/dry-run.ts'
import type { RunningServer } from '../server.ts'
import { assertDefined } from '../utils/assert-defined.ts'
import { consoleLinks } from './console-links.ts'

type Method = DryRunRequest['method']

/**
 * Connects the tenant's console to the running API. It covers the routes of the product. The API
 * decides what it would do with a request, and no handler runs.
 */
export function createConsoleApi(server: RunningServer, project: string): ConsoleApi {
  const { app, config, port, keySet, keys } = server
  const routes = new Map(
    app.productPaths.flatMap((path) =>
      [...assertDefined(app.policies.get(path), 'policies')]
        .filter(([method]) => method !== 'HEAD')
        .map(([method, access]) => [labelOf(method, path), { method, path, access }] as const),
    ),
  )
  const url = `http://localhost:${port}`
  const routeOf = (label: string) => assertDefined(routes.get(label), 'route')
  async function decide({ method, path, host, token, proof }: ApiRequest) {
    const scheme = proof === undefined ? 'Bearer' : 'DPoP'
    const headers = {
      host,
      ...(token !== undefined && { authorization: `${scheme} ${token}` }),
      ...(proof !== undefined && { dpop: proof }),
    }
    // A proof that was sent once is a replay the next time.
    const usesProof = true
    const answer = await app.dryRun({ method: method as Method, url: path, headers, usesProof })
    const { status, message, challenge, code, nonce } = answer
    return { status, message, challenge, code, nonce, keySet: keySet() }
  }
  const publicUrl = config.publicUrl ?? url
  /** Route parameters have the value 1. */
  const pathOf = ({ path }: { readonly path: string }) => path.replaceAll(/:\w+|\*/g, '1')
  return {
    project,
    url,
    publicUrl,
    audience: config.tokens.audiences[0],
    knownKeys() {
      const { known } = keys
      const since = (time: number) => Math.floor(performance.timeOrigin + time)
      const dated = known.keys.map((key) => ({ ...key, since: since(key.since) }))
      return { ...keySet(), ...known, keys: dated }
    },
    fetchKeys: () => keys.refresh(),
    links: () => consoleLinks(url, config),
    policies: new Map([...routes].map(([label, { access }]) => [label, access])),
    requiresBoundToken(label) {
      const { access } = routeOf(label)
      return access !== 'public' && (access.bound === true || config.dpop?.required === true)
    },
    decide,
    targetOf(label) {
      const route = routeOf(label)
      return { method: route.method, uri: `${publicUrl}${pathOf(route)}` }
    },
    async decideRoute(label, token, proof) {
      const route = routeOf(label)
      const { method } = route
      const { host } = new URL(url)
      const answer = await decide({ method, path: pathOf(route), host, token, proof })
      return answer.status === 204 ? { status: 200, message: 'allowed' } : answer
    },
    explain(token, response, label) {
      const context = explanationContext(server, 'localhost')
      return explain(token, response, routeOf(label).access, context)
    },
  }
}

/** What an explanation of a request to the running server is based on. */
export function explanationContext(
  { config, keySet }: RunningServer,
  host: string,
): ExplanationContext {
  return { ...serverContext(config), keySet: keySet(), host, now: Date.now() / 1000 }
}

/** Most routes have one method, so that GET goes without saying. */
function labelOf(method: string, path: string): string {
  return method === 'GET' ? path : `${method} ${path}`
}
