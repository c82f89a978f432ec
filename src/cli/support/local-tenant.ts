import type { Environment } from '../../config/environment.ts'
import { tenantOrigin } from '../../config/tenant-port.ts'
import { boundedFetch } from '../../utils/bounded-fetch.ts'

/** The faults of the tenant may delay a response by some minutes. */
const BOUNDS = { timeoutMs: 600_000, maxBytes: 512 * 1024 }

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
  const url = tenantOrigin(sources)
  try {
    return await boundedFetch(`${url}${path}`, BOUNDS, init)
  } catch {
    throw new Error(`The ${noLocalTenant(url)}`)
  }
}

/**
 * A sentence without its first word, for all commands that look for the local tenant.
 *
 * @param origin where they looked
 */
export function noLocalTenant(origin: string): string {
  return `local tenant does not answer at ${origin}. Start it with npm run dev, or set TENANT_PORT and TENANT_HTTPS as it has them.`
}

/** A POST request with JSON; a GET request without a body. */
export function jsonRequest(body: object | undefined): RequestInit {
  if (body === undefined) return {}
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', headers, body: JSON.stringify(body) }
}
