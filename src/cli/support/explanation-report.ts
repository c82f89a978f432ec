import type { Check } from '../../explain/checks.ts'
import type { Explanation, ServerAnswer } from '../../explain/explanation.ts'
import type { Line } from './terminal.ts'

const MARKS = {
  passed: ['✓', 'green'],
  failed: ['✗', 'red'],
  'not checked': ['–', 'dim'],
} as const

const RESULTS = {
  accepted: ['Accepted', 'green'],
  refused: ['Refused', 'red'],
  undecided: ['Not checked', 'yellow'],
} as const

/** An explanation as text, with colours if the standard output is a terminal. */
export function explanationReport(explanation: Explanation): Line[] {
  const { result, answer, code, advice, pendingCheck, freshAnswer, checks } = explanation
  const [label, style] = RESULTS[result]
  const { status, message, challenge } = answer
  const reason = code === undefined ? '' : ` (${code})`
  const accepted = pendingCheck === undefined ? label : `${label}, if ${pendingCheck} allows it`
  const isAdviceListed = checks.some((check) => check.advice === advice)
  return [
    ...checks.flatMap(formatCheck),
    ...(pendingCheck === undefined ? [] : [`– ${pendingCheck} needs a real request: not checked`]),
    ...(checks.length === 0 ? ['The route is public: it does not check tokens.'] : []),
    '',
    [{ style, text: result === 'accepted' ? accepted : `${label}: ${status} ${message}${reason}` }],
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
    ...(advice === undefined || isAdviceListed ? [] : [advice]),
    ...(freshAnswer === undefined ? [] : [formatFreshAnswer(freshAnswer)]),
  ]
}

function formatFreshAnswer({ status, message, code }: ServerAnswer): string {
  const answer = status === 204 ? 'would accept it' : `would answer ${status} ${message} (${code})`
  return `This is what the running server answers. One that starts now ${answer}: the keys or the configuration are no longer those that the running server read.`
}

function formatCheck({ name, outcome, expected, found, advice }: Check): Line[] {
  const [mark, style] = MARKS[outcome]
  const head = [{ style, text: mark }, ` ${name.padEnd(16)}`]
  if (outcome === 'not checked') return [[...head, 'not checked']]
  if (advice === undefined) return [[...head, String(found)]]
  const indent = ' '.repeat(18)
  return [[...head, String(found)], `${indent}expected: ${expected}`, `${indent}${advice}`]
}
