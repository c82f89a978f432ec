import { parseArgs } from 'node:util'
import type { Environment } from '../config/environment.ts'
import type { Streams } from './support/command.ts'
import { postToLocalTenant } from './support/local-tenant.ts'

const USAGE = `Usage: npm run tenant -- <fault>
  rotate          sign with the next key, which is already published
  withdraw        stop publishing the keys that were used before
  slow 3s         delay every response by this time, until "up"
  down 10s        answer every request with 503 for this time
  rate-limit 10s  answer Management API requests with 429 for this time
  up              stop all faults`

const FAULTS = ['rotate', 'withdraw', 'slow', 'down', 'rate-limit', 'up']

/** Makes the local tenant fail in a chosen way: `npm run tenant -- down 10s`. */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  { out }: Streams,
): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
  const [fault = '', time = '10s'] = positionals
  const seconds = /^(\d+)s?$/.exec(time)?.[1]
  if (!FAULTS.includes(fault) || seconds === undefined) throw new Error(USAGE)
  const response = await postToLocalTenant(sources, '/local-tenant/faults', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault, seconds: Number(seconds) }),
  })
  const { keys, error_description: problem } = (await response.json()) as {
    keys: string[]
    error_description?: string
  }
  if (problem !== undefined) throw new Error(problem)
  out.write(`${fault}: done. Published keys: ${keys.join(', ')}\n`)
  return 0
}
