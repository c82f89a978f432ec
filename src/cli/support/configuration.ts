import { type Environment, setting } from '../../config/environment.ts'
import { tenantPort } from '../../config/tenant-port.ts'

/** What `npm run dev` sets where nothing else does. */
const DEFAULTS = { CLIENT_ORIGIN_URL: 'http://localhost:4040' }

/** For the answer of the local tenant, in milliseconds. */
const TIMEOUT = 5_000

/**
 * What a command has to go by: the configuration of this server or, where none names a tenant, that
 * of the server which `npm run dev` runs, as the local tenant tells it.
 *
 * @throws Error where there is neither
 */
export async function configuration(sources: readonly Environment[]): Promise<Environment[]> {
  if (setting(sources, 'AUTH0_DOMAIN', '') !== '') return [...sources]
  const url = `http://localhost:${tenantPort(sources)}/local-tenant/environment`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) })
    if (!response.ok) throw new Error(String(response.status))
    return [DEFAULTS, ...sources, (await response.json()) as Environment]
  } catch {
    throw new Error(
      'No tenant is configured (AUTH0_DOMAIN in the environment or in .env), and the local one does not run (npm run dev).',
    )
  }
}
