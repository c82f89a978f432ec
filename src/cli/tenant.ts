import { type Environment, readEnvironment, tenantPort } from '../config.ts'
import { fail, isEntry, run } from '../entry.ts'

const USAGE = `Usage: npm run tenant -- <fault>
  rotate       sign with the next key, which is published already
  withdraw     publish the keys that signed before no longer
  slow 3s      answer each request that much later, until up
  down 10s     answer nothing but 503 for that long
  up           be as before`

/**
 * Lets the local tenant misbehave: `npm run tenant -- down 10s`.
 *
 * @param args the fault, and for how long
 * @param sources `TENANT_PORT` says where the tenant listens, if not at 6061
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
): Promise<void> {
  const [fault = '', time = '10s'] = args
  const seconds = /^(\d+)s?$/.exec(time)?.[1]
  const isFault = ['rotate', 'withdraw', 'slow', 'down', 'up'].includes(fault)
  if (!isFault || seconds === undefined) return fail(USAGE)
  const url = `http://localhost:${tenantPort(sources)}`
  const response = await fetch(`${url}/local-tenant/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault, seconds: Number(seconds) }),
  }).catch(() => undefined)
  if (response === undefined) {
    return fail(
      `The local tenant does not answer at ${url}. Start it with npm run dev, or say where it is in TENANT_PORT.`,
    )
  }
  const { keys, error_description: problem } = (await response.json()) as {
    keys: string[]
    error_description?: string
  }
  if (problem !== undefined) return fail(problem)
  process.stdout.write(`${fault}: done. Published keys: ${keys.join(', ')}\n`)
}

if (isEntry(import.meta.url)) await run(() => main(process.argv.slice(2), readEnvironment()))
