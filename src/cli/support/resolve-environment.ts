import { type Environment, setting } from '../../config/environment.ts'
import { tenantPort } from '../../config/tenant-port.ts'

/** The defaults of `npm run dev`. */
const DEFAULTS = { CLIENT_ORIGIN_URL: 'http://localhost:4040' }

const TIMEOUT_MS = 5_000

/**
 * The environment variables of the server. If no tenant is configured, the local tenant supplies
 * those of the server that `npm run dev` started.
 *
 * @throws Error if no tenant is configured and the local tenant does not run
 */
export async function resolveEnvironment(sources: readonly Environment[]): Promise<Environment[]> {
  if (setting(sources, 'AUTH0_DOMAIN', '') !== '') return [...sources]
  const url = `http://localhost:${tenantPort(sources)}/local-tenant/environment`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw new Error(String(response.status))
    return [DEFAULTS, ...sources, (await response.json()) as Environment]
  } catch {
    throw new Error(
      'No tenant is configured (AUTH0_DOMAIN is not set in the environment or in .env), and the local tenant is not running (npm run dev).',
    )
  }
}
