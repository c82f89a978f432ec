import { type Environment, readEnvironment } from '../config/environment.ts'
import { askTenant } from './support/local-tenant.ts'
import { fail, isEntry, run } from './support/run.ts'

const USAGE = `Usage: npm run tenant -- <fault>
  rotate          sign with the next key, which is published already
  withdraw        publish the keys that signed before no longer
  slow 3s         answer each request that much later, until up
  down 10s        answer nothing but 503 for that long
  rate-limit 10s  answer callers of the Management API 429 for that long
  up              be as before`

/**
 * Lets the local tenant misbehave: `npm run tenant -- down 10s`.
 *
 * @param args the fault, and for how long
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
): Promise<void> {
  const [fault = '', time = '10s'] = args
  const seconds = /^(\d+)s?$/.exec(time)?.[1]
  const isFault = ['rotate', 'withdraw', 'slow', 'down', 'rate-limit', 'up'].includes(fault)
  if (!isFault || seconds === undefined) return fail(USAGE)
  const response = await askTenant(sources, '/local-tenant/faults', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault, seconds: Number(seconds) }),
  })
  if (response === undefined) return
  const { keys, error_description: problem } = (await response.json()) as {
    keys: string[]
    error_description?: string
  }
  if (problem !== undefined) return fail(problem)
  process.stdout.write(`${fault}: done. Published keys: ${keys.join(', ')}\n`)
}

if (isEntry(import.meta.url)) await run(() => main(process.argv.slice(2), readEnvironment()))
