import { type Environment, readEnvironment, tenantPort } from '../config.ts'
import { fail, isEntry, run } from '../entry.ts'

/**
 * Prints an access token of the local tenant for a persona: `npm run --silent token -- admin`.
 *
 * @param args the persona's name
 * @param sources `TENANT_PORT` says where the tenant listens, if not at 6061
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
): Promise<void> {
  const url = `http://localhost:${tenantPort(sources)}`
  const response = await askFor(url, args[0] ?? '')
  if (response === undefined) {
    return fail(
      `The local tenant does not answer at ${url}. Start it with npm run dev, or say where it is in TENANT_PORT.`,
    )
  }
  const body = (await response.json().catch(() => ({}))) as Record<string, string>
  const {
    access_token: token,
    error_description: problem = `What answers at ${url} is no tenant.`,
  } = body
  if (token === undefined) return fail(problem)
  process.stdout.write(`${token}\n`)
}

async function askFor(url: string, persona: string): Promise<Response | undefined> {
  const grant_type = 'urn:local-tenant:grant-type:persona'
  try {
    return await fetch(`${url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type, persona }),
    })
  } catch {
    return undefined
  }
}

if (isEntry(import.meta.url)) await run(() => main(process.argv.slice(2), readEnvironment()))
