import type { Environment } from '../../config/environment.ts'
import { defineCommand, type Subcommand } from '../arguments/define-command.ts'
import { JSON_OPTION } from '../arguments/syntax.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { type ActiveFaults, control, describeFaults } from './control.ts'
import type { ApiKeys, Status } from './status.ts'

const DURATION = {
  name: 'duration',
  description: 'In seconds, such as 3s; 10s by default',
  isOptional: true,
}
const MAX_SECONDS = 3600

interface State {
  /** The ids of the published keys. The first one signs. */
  readonly keys: readonly string[]
  readonly faults: ActiveFaults
}

/** What the tenant says after a fault. */
interface FaultResult extends State {
  readonly before: State
}

type Report = (result: FaultResult, sources: readonly Environment[]) => string[] | Promise<string[]>

/** A fault that lasts for a duration, or with one. */
export function lastingFault(name: string, summary: string): Subcommand {
  return fault(name, summary, true, ({ faults }) => describeFaults(faults))
}

/** A fault that happens at once. */
export function momentaryFault(name: string, summary: string, report: Report): Subcommand {
  return fault(name, summary, false, report)
}

function fault(name: string, summary: string, lasts: boolean, report: Report): Subcommand {
  const command = defineCommand({
    operands: lasts ? [DURATION] : [],
    options: JSON_OPTION,
    examples: [{ args: lasts ? '3s' : '', description: summary }],
    async run({ values, operands, sources, streams: { out } }) {
      const seconds = lasts ? parseDuration(operands[0]) : undefined
      const result = await control<FaultResult>(sources, 'faults', { fault: name, seconds })
      if (values.json) out.json(result)
      else out.line(...(await report(result, sources)))
      return 0
    },
  })
  return { ...command, summary }
}

/** @throws UsageError */
function parseDuration(text = '10s'): number {
  const seconds = Number(/^(\d{1,4})s?$/.exec(text)?.[1])
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds
  throw new UsageError(`The duration must be in seconds, such as 10s, and at most ${MAX_SECONDS}s.`)
}

export async function reportRotation(
  { keys: [signing], before }: FaultResult,
  sources: readonly Environment[],
): Promise<string[]> {
  const { apiKeys } = await control<Status>(sources, 'status')
  return [
    `The tenant signs with ${signing} from now on.`,
    `The key before, ${before.keys[0]}, is still published: withdraw ends that.`,
    ...(apiKeys === undefined ? [] : [expectation(apiKeys, String(signing))]),
  ]
}

/** What happens to new tokens. */
function expectation({ known, cooldown }: ApiKeys, signing: string): string {
  if (known.includes(signing)) return 'The API knows the key already, so nothing fails.'
  if (cooldown === 0) {
    return 'The API does not know the key: it fetches the key set for the first new token.'
  }
  return `The API does not know the key: protected routes reject new tokens with 401 for ${cooldown} s (cooldown), unless you press Fetch now in the console (Keys and faults).`
}

export function reportWithdrawal({ keys, before }: FaultResult): string[] {
  const withdrawn = before.keys.filter((kid) => !keys.includes(kid))
  if (withdrawn.length === 0) return ['There was no key that signed before: rotate makes one.']
  return [
    `No longer published: ${withdrawn.join(', ')}`,
    'The API accepts their tokens until it fetches the keys again.',
  ]
}

export function reportEnd({ before }: FaultResult): string[] {
  const ended = Object.keys(before.faults)
  return [ended.length === 0 ? 'There was no fault.' : `Ended: ${ended.join(', ')}.`]
}
