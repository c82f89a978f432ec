import { styleText } from 'node:util'
import type { Variables } from '../../management/provisioning/environment.ts'
import type { Step } from '../../management/provisioning/plan.ts'

const MARKS = {
  create: ['+', 'green'],
  change: ['~', 'yellow'],
  unchanged: ['=', 'dim'],
} as const

/** A plan for a person. */
export function planReport(issuer: string, steps: readonly Step[]): string {
  const count = (action: Step['action']) => steps.filter((step) => step.action === action).length
  const [create, change] = [count('create'), count('change')]
  return [
    `Tenant ${issuer}`,
    '',
    ...steps.flatMap(linesOf),
    '',
    `${create} to create, ${change} to change, ${count('unchanged')} unchanged.`,
    '',
  ].join('\n')
}

export function titleOf({ kind, name }: Step): string {
  return `${kind.padEnd(13)}${name}`
}

function linesOf(step: Step): string[] {
  const [mark, style] = MARKS[step.action]
  const line = `${styleText(style, mark)} ${titleOf(step)}`
  if (step.action !== 'change') return [line]
  return [line, ...step.differences.map((difference) => `    ${differenceText(difference)}`)]
}

/** One difference, on one line. */
export function differenceText({ field, from, to }: Step['differences'][number]): string {
  if (Array.isArray(to)) return `${field}: + ${to.map(valueText).join(', ')}`
  return `${field}: ${valueText(from)} → ${valueText(to)}`
}

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Variables as `.env` has them. Those of `hidden` are there in name only. */
export function environmentText(variables: Variables, hidden: readonly string[]): string {
  return [
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...hidden.map((name) => `# ${name}=… (--write-env writes it)`),
    '',
  ].join('\n')
}

/** What a program is told of a step. */
export function stepData({ kind, name, action, differences }: Step): object {
  return { kind, name, action, differences }
}
