import { formatVariable, type Variables } from '../../management/provisioning/env-file.ts'
import type { Step } from '../../management/provisioning/plan.ts'
import type { Line } from './terminal.ts'

const MARKS = {
  create: ['+', 'green'],
  change: ['~', 'yellow'],
  unchanged: ['=', 'dim'],
} as const

/** A plan as text. */
export function formatPlan(issuer: string, steps: readonly Step[]): Line[] {
  const count = (action: Step['action']) => steps.filter((step) => step.action === action).length
  return [
    `Tenant ${issuer}`,
    '',
    ...steps.flatMap(formatStep),
    '',
    `${count('create')} to create, ${count('change')} to change, ${count('unchanged')} unchanged.`,
  ]
}

export function stepTitle({ kind, name }: Step): string {
  return `${kind.padEnd(13)}${name}`
}

function formatStep(step: Step): Line[] {
  const [mark, style] = MARKS[step.action]
  const line = [{ style, text: mark }, ` ${stepTitle(step)}`]
  if (step.action !== 'change') return [line]
  return [line, ...step.differences.map((difference) => `    ${formatAddition(difference)}`)]
}

/** One difference of a plan, which only adds to lists. */
function formatAddition(difference: Step['differences'][number]): string {
  const { field, to } = difference
  if (Array.isArray(to)) return `${field}: + ${to.map(formatValue).join(', ')}`
  return formatDifference(difference)
}

/** One difference, on one line. */
export function formatDifference({ field, from, to }: Step['differences'][number]): string {
  return `${field}: ${formatValue(from)} → ${formatValue(to)}`
}

function formatValue(value: unknown): string {
  if (value === undefined) return '(not set)'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * Variables in the format of `.env`.
 *
 * @param omitted variables whose values are secret: only their names are shown
 */
export function formatVariables(variables: Variables, omitted: readonly string[]): string[] {
  return [
    ...Object.entries(variables).map(([name, value]) => formatVariable(name, value).trimEnd()),
    ...omitted.map((name) => `# ${name}=… (written by --write-env)`),
  ]
}

/** A step in the output of `--json`. */
export function stepToJson({ kind, name, action, differences }: Step): object {
  return { kind, name, action, differences }
}
