import type { Environment } from '../../config/environment.ts'
import { tenantPort } from '../../config/tenant-port.ts'

/**
 * Sends a request to the local tenant.
 *
 * @param sources `TENANT_PORT` is the port of the local tenant, 6061 by default
 * @throws Error if the local tenant does not respond; the message explains how to start it
 */
export async function callLocalTenant(
  sources: readonly Environment[],
  path: string,
  init: RequestInit,
): Promise<Response> {
  const url = `http://localhost:${tenantPort(sources)}`
  try {
    return await fetch(`${url}${path}`, init)
  } catch {
    throw new Error(
      `The local tenant does not answer at ${url}. Start it with npm run dev, or set TENANT_PORT if it uses another port.`,
    )
  }
}
