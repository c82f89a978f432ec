import type { Config } from '../config/config.ts'
import type { ConsoleLink } from '../local-tenant/console/console-api.ts'
import { boundedFetch } from '../utils/bounded-fetch.ts'

/** On this machine, a server answers at once. */
const BOUNDS = { timeoutMs: 200, maxBytes: 0, cuts: true }

/** What runs beside the local tenant, as links for its console. */
export async function consoleLinks(apiUrl: string, config: Config): Promise<ConsoleLink[]> {
  const client = config.clientOrigins.find(isOnThisMachine)
  return [
    { name: 'API', url: `${apiUrl}/readyz` },
    // #region api-reference
    ...(config.apiReference ? [{ name: 'API reference', url: `${apiUrl}/docs` }] : []),
    // #endregion api-reference
    // #region browser-login
    ...(config.browserLogin === undefined ? [] : [{ name: 'Browser login', url: `${apiUrl}/` }]),
    // #endregion browser-login
    ...(client !== undefined && (await isListening(client))
      ? [{ name: 'Client', url: client }]
      : []),
  ]
}

function isOnThisMachine(origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).hostname === 'localhost'
}

/** Whether something listens there: the example app, or the client of the developer. */
function isListening(origin: string): Promise<boolean> {
  const init = { method: 'HEAD', redirect: 'manual' } as const
  return boundedFetch(origin, BOUNDS, init).then(
    () => true,
    () => false,
  )
}
