import { type Environment, readEnvironment, setting } from '../config.ts'
import { fail, isEntry } from '../entry.ts'

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
  const url = `http://localhost:${setting(sources, 'TENANT_PORT', '6061')}`
  const response = await askFor(url, args[0] ?? '')
  if (response === undefined) {
    return fail(`The local tenant does not answer at ${url}. Start it with: npm run dev`)
  }
  const body = (await response.json()) as { access_token?: string; error_description?: string }
  if (body.access_token === undefined) return fail(String(body.error_description))
  process.stdout.write(`${body.access_token}\n`)
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

if (isEntry(import.meta.url)) await main(process.argv.slice(2), readEnvironment())
