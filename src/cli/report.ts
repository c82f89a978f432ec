import { styleText } from 'node:util'
import type { Check } from '../explain/checks.ts'
import type { Explanation } from '../explain/explanation.ts'

type Colour = Parameters<typeof styleText>[0]

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

/** An explanation for a person at a terminal. */
export function reportOf({ verdict, answer, code, advice, checks }: Explanation, colour: boolean) {
  const paint = (style: Colour, text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const [word, style] = VERDICTS[verdict]
  const { status, message, challenge } = answer
  const lines = [
    ...checks.flatMap((check) => linesOf(check, paint)),
    ...(checks.length === 0 ? ['The route is public: no token is looked at.'] : []),
    '',
    paint(style, `${word}: ${status} ${message}${code === undefined ? '' : ` (${code})`}`),
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
    ...(advice === undefined || checks.some((check) => check.advice === advice) ? [] : [advice]),
  ]
  return `${lines.join('\n')}\n`
}

function linesOf(
  { name, outcome, expected, found, advice }: Check,
  paint: (style: Colour, text: string) => string,
): string[] {
  const [mark, style] = MARKS[outcome]
  const head = `${paint(style, mark)} ${name.padEnd(13)}`
  if (outcome === 'not judged') return [`${head}not judged`]
  const lines = [`${head}${found}`]
  if (outcome === 'failed') lines.push(`${' '.repeat(15)}expected: ${expected}`)
  if (advice !== undefined) lines.push(`${' '.repeat(15)}${advice}`)
  return lines
}
