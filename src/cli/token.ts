import { parseArgs } from 'node:util'
import type { Environment } from '../config/environment.ts'
import { tenantOrigin } from '../config/tenant-port.ts'
import type { Streams } from './support/command.ts'
import { callLocalTenant } from './support/local-tenant.ts'

/** Prints an access token of the local tenant for a persona: `npm run --silent token -- admin`. */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  { out }: Streams,
): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
  const grant_type = 'urn:local-tenant:grant-type:persona'
  const body = new URLSearchParams({ grant_type, persona: positionals[0] ?? '' })
  const response = await callLocalTenant(sources, '/oauth/token', { method: 'POST', body })
  const result = (await response.json().catch(() => ({}))) as Record<string, string>
  const {
    access_token: token,
    error_description: problem = `The server at ${tenantOrigin(sources)} is not a tenant.`,
  } = result
  if (token === undefined) throw new Error(problem)
  out.line(token)
  return 0
}
