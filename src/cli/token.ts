import { type Environment, readEnvironment } from '../config/environment.ts'
import { askTenant } from './support/local-tenant.ts'
import { fail, isEntry, run } from './support/run.ts'

/**
 * Prints an access token of the local tenant for a persona: `npm run --silent token -- admin`.
 *
 * @param args the persona's name
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
): Promise<void> {
  const grant_type = 'urn:local-tenant:grant-type:persona'
  const body = new URLSearchParams({ grant_type, persona: args[0] ?? '' })
  const response = await askTenant(sources, '/oauth/token', { body })
  if (response === undefined) return
  const answer = (await response.json().catch(() => ({}))) as Record<string, string>
  const {
    access_token: token,
    error_description: problem = `What answers at ${new URL(response.url).origin} is no tenant.`,
  } = answer
  if (token === undefined) return fail(problem)
  process.stdout.write(`${token}\n`)
}

if (isEntry(import.meta.url)) await run(() => main(process.argv.slice(2), readEnvironment()))
