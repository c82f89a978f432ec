import type { Environment } from '../config/environment.ts'
import {
  defineCommand,
  defineCommandGroup,
  type Invocation,
  type Subcommand,
} from './arguments/define-command.ts'
import { JSON_OPTION } from './arguments/syntax.ts'
import { UsageError } from './arguments/usage-error.ts'
import { callLocalTenant, jsonRequest } from './support/local-tenant.ts'

type TenantInvocation = Invocation<typeof JSON_OPTION>

const DURATION = {
  name: 'duration',
  description: 'In seconds, such as 3s; 10s by default',
  isOptional: true,
}
const MAX_SECONDS = 3600

/** Makes the local tenant fail in a chosen way, and shows or undoes its changes: `npm run tenant`. */
export const main = defineCommandGroup(
  {
    details: 'The local tenant runs with npm run dev. Faults show how a client or the API copes.',
    examples: [
      { args: 'down 10s', description: 'Every request gets 503 for ten seconds' },
      { args: 'up', description: 'Stop all faults' },
    ],
  },
  {
    rotate: fault('rotate', 'Sign with the next key, which is already published'),
    withdraw: fault('withdraw', 'Stop publishing the keys that were used before'),
    slow: fault('slow', 'Delay every response by a duration, until "up"', true),
    down: fault('down', 'Answer every request with 503 for a duration', true),
    'rate-limit': fault('rate-limit', 'Answer the Management API with 429 for a duration', true),
    up: fault('up', 'Stop all faults'),
    changes: {
      summary: 'List what was changed since and overrides the data file',
      ...defineCommand({
        options: JSON_OPTION,
        examples: [{ args: '', description: 'Records, and the fields that were changed' }],
        run: showChanges,
      }),
    },
    reset: {
      summary: 'Undo these changes, so that all is as in the data file',
      ...defineCommand({
        options: JSON_OPTION,
        examples: [{ args: '', description: 'What was undone' }],
        run: reset,
      }),
    },
  },
)

/** @param lasts whether it takes a duration */
function fault(name: string, summary: string, lasts = false): Subcommand {
  const command = defineCommand({
    operands: lasts ? [DURATION] : [],
    options: JSON_OPTION,
    examples: [{ args: lasts ? '3s' : '', description: summary }],
    async run({ values, operands, sources, streams: { out } }) {
      const seconds = lasts ? parseDuration(operands[0]) : undefined
      const body = { fault: name, seconds }
      const { keys } = await call<{ keys: string[] }>(sources, '/local-tenant/faults', body)
      if (values.json) out.json({ keys })
      else out.line(`${name}: done. Published keys: ${keys.join(', ')}`)
      return 0
    },
  })
  return { ...command, summary }
}

/** @throws UsageError */
function parseDuration(text = '10s'): number {
  const seconds = Number(/^(\d{1,4})s?$/.exec(text)?.[1])
  if (seconds <= MAX_SECONDS) return seconds
  throw new UsageError(`The duration must be in seconds, such as 10s, and at most ${MAX_SECONDS}s.`)
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

async function showChanges({ values, sources, streams: { out } }: TenantInvocation) {
  const report = await call<ChangeReport>(sources, '/local-tenant/changes')
  const { dataFile, file, changes } = report
  if (values.json) out.json(report)
  else if (changes.length === 0) out.line(`Nothing overrides ${dataFile}.`)
  else {
    out.line(`These changes are in ${file} and override ${dataFile}:`, ...formatChanges(report))
  }
  return 0
}

async function reset({ values, sources, streams: { out } }: TenantInvocation): Promise<number> {
  const report = await call<ChangeReport>(sources, '/local-tenant/reset', {})
  const { dataFile, changes } = report
  const summary = `The local tenant is as in ${dataFile}. Changes undone: ${changes.length}.`
  if (values.json) out.json(report)
  else out.line(summary, ...formatChanges(report))
  return 0
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
