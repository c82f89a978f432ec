import { parseArgs } from 'node:util'
import type { Environment } from '../config/environment.ts'
import type { Streams } from './support/command.ts'
import { callLocalTenant, jsonRequest } from './support/local-tenant.ts'

const USAGE = `Usage: npm run tenant -- <fault>
  rotate          sign with the next key, which is already published
  withdraw        stop publishing the keys that were used before
  slow 3s         delay every response by this time, until "up"
  down 10s        answer every request with 503 for this time
  rate-limit 10s  answer Management API requests with 429 for this time
  up              stop all faults
       npm run tenant -- changes | reset
  changes         list what was changed since and overrides the data file
  reset           undo these changes, so that all is as in the data file`

const FAULTS = ['rotate', 'withdraw', 'slow', 'down', 'rate-limit', 'up']

/** Makes the local tenant fail in a chosen way, and shows or undoes its changes: `npm run tenant`. */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  { out }: Streams,
): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
  const [name = '', time = '10s'] = positionals
  const seconds = /^(\d+)s?$/.exec(time)?.[1]
  if (name === 'changes' || name === 'reset') {
    out.line(...(name === 'reset' ? await reset(sources) : await changes(sources)))
  } else if (FAULTS.includes(name) && seconds !== undefined) {
    const keys = await inject(sources, name, Number(seconds))
    out.line(`${name}: done. Published keys: ${keys.join(', ')}`)
  } else throw new Error(USAGE)
  return 0
}

async function inject(sources: readonly Environment[], fault: string, seconds: number) {
  const { keys } = await call<{ keys: string[] }>(sources, '/local-tenant/faults', {
    fault,
    seconds,
  })
  return keys
}

interface ChangeReport {
  /** The file of the tenant's data. */
  readonly dataFile: string
  /** Where the changes are stored. */
  readonly file: string
  readonly changes: readonly {
    readonly collection: string
    readonly key: string
    readonly fields?: readonly string[]
  }[]
}

async function changes(sources: readonly Environment[]): Promise<string[]> {
  const report = await call<ChangeReport>(sources, '/local-tenant/changes')
  const { dataFile, file } = report
  if (report.changes.length === 0) return [`Nothing overrides ${dataFile}.`]
  return [`These changes are in ${file} and override ${dataFile}:`, ...formatChanges(report)]
}

async function reset(sources: readonly Environment[]): Promise<string[]> {
  const report = await call<ChangeReport>(sources, '/local-tenant/reset', {})
  const { dataFile, changes } = report
  return [
    `The local tenant is as in ${dataFile}. Changes undone: ${changes.length}.`,
    ...formatChanges(report),
  ]
}

function formatChanges({ changes }: ChangeReport): string[] {
  return changes.map(({ collection, key, fields }) => {
    return `  ${collection} ${key}: ${fields?.join(', ') ?? 'new'}`
  })
}

/** @throws Error with the reason of the local tenant */
async function call<T>(sources: readonly Environment[], path: string, body?: object): Promise<T> {
  const response = await callLocalTenant(sources, path, jsonRequest(body))
  const result = (await response.json()) as T & { error_description?: string }
  if (result.error_description !== undefined) throw new Error(result.error_description)
  return result
}
