import { tenantOrigin } from '../config/tenant-port.ts'
import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { JSON_OPTION } from './arguments/syntax.ts'
import { UsageError } from './arguments/usage-error.ts'
import { callLocalTenant } from './support/local-tenant.ts'

/** Prints an access token of the local tenant for a persona: `npm run --silent token -- admin`. */
export const main = defineCommand({
  operands: [
    {
      name: 'persona',
      description: 'A test user of the local tenant. Without it, the names are listed',
      isOptional: true,
    },
  ],
  options: JSON_OPTION,
  examples: [{ args: 'admin', description: 'The access token of the persona admin' }],
  run: printToken,
})

async function printToken({ values, operands, sources, streams }: Invocation<typeof JSON_OPTION>) {
  const grant_type = 'urn:local-tenant:grant-type:persona'
  const body = new URLSearchParams({ grant_type, persona: operands[0] ?? '' })
  const response = await callLocalTenant(sources, '/oauth/token', { method: 'POST', body })
  const result = (await response.json().catch(() => ({}))) as Record<string, string>
  const {
    access_token: token,
    error_description: problem = `The server at ${tenantOrigin(sources)} is not a tenant.`,
  } = result
  if (result['error'] === 'invalid_grant') throw new UsageError(problem)
  if (token === undefined) throw new Error(problem)
  if (values.json) streams.out.json(result)
  else streams.out.line(token)
  return 0
}
