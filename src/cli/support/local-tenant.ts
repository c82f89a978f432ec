import type { Environment } from '../../config/environment.ts'
import { tenantPort } from '../../config/tenant-port.ts'
import { fail } from './run.ts'

/**
 * Posts to the local tenant. Where it does not answer, the person is told how to start it.
 *
 * @param sources `TENANT_PORT` says where it listens, if not at 6061
 * @returns undefined where it does not answer
 */
export async function askTenant(
  sources: readonly Environment[],
  path: string,
  init: RequestInit,
): Promise<Response | undefined> {
  const url = `http://localhost:${tenantPort(sources)}`
  try {
    return await fetch(`${url}${path}`, { method: 'POST', ...init })
  } catch {
    fail(
      `The local tenant does not answer at ${url}. Start it with npm run dev, or say where it is in TENANT_PORT.`,
    )
    return undefined
  }
}
