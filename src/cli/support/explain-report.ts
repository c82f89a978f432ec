import { styleText } from 'node:util'
import type { Check } from '../../explain/checks.ts'
import type { Explanation } from '../../explain/explanation.ts'

const MARKS = {
  passed: ['✓', 'green'],
  failed: ['✗', 'red'],
  'not judged': ['–', 'dim'],
} as const

const VERDICTS = {
  accepted: ['Accepted', 'green'],
  refused: ['Refused', 'red'],
  undecided: ['Not judged', 'yellow'],
} as const

/** An explanation for a person at a terminal, or for a file: colours only for the former. */
export function reportOf({ verdict, answer, code, advice, checks }: Explanation): string {
  const [word, style] = VERDICTS[verdict]
  const { status, message, challenge } = answer
  const said = checks.some((check) => check.advice === advice)
  const lines = [
    ...checks.flatMap(linesOf),
    ...(checks.length === 0 ? ['The route is public: no token is looked at.'] : []),
    '',
    styleText(style, `${word}: ${status} ${message}${code === undefined ? '' : ` (${code})`}`),
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
    ...(advice === undefined || said ? [] : [advice]),
  ]
  return `${lines.join('\n')}\n`
}

function linesOf({ name, outcome, expected, found, advice }: Check): string[] {
  const [mark, style] = MARKS[outcome]
  const head = `${styleText(style, mark)} ${name.padEnd(13)}`
  if (outcome === 'not judged') return [`${head}not judged`]
  if (advice === undefined) return [`${head}${found}`]
  const indent = ' '.repeat(15)
  return [`${head}${found}`, `${indent}expected: ${expected}`, `${indent}${advice}`]
}
