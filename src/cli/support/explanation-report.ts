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
  refused: ['Rejected', 'red'],
  undecided: ['Not checked', 'yellow'],
} as const

/**
 * An explanation as text, with colours if the standard output is a terminal: first the result, the reason
 * and what to do, then the checks.
 *
 * @param faults a sentence for each fault of the local tenant that is active
 */
export function explanationReport(
  explanation: Explanation,
  faults: readonly string[] = [],
): Line[] {
  const { result, answer, code, advice, pendingCheck, freshAnswer, checks } = explanation
  const [label, style] = RESULTS[result]
  const { status, message, challenge } = answer
  const reason = code === undefined ? '' : ` (${code})`
  const accepted = pendingCheck === undefined ? label : `${label}, if ${pendingCheck} allows it`
  return [
    [{ style, text: result === 'accepted' ? accepted : `${label}: ${status} ${message}${reason}` }],
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
    ...(advice === undefined ? [] : [advice]),
    ...(freshAnswer === undefined ? [] : [formatFreshAnswer(freshAnswer)]),
    ...([code, freshAnswer?.code].includes('keys_unavailable') ? formatFaults(faults) : []),
    '',
    ...(checks.length === 0 ? ['The route is public: it does not check tokens.'] : []),
    ...checks.flatMap((check) => formatCheck(check, advice)),
    ...(pendingCheck === undefined ? [] : [`– ${pendingCheck} needs a real request: not checked`]),
  ]
}

function formatFreshAnswer({ status, message, code }: ServerAnswer): string {
  const answer = status === 204 ? 'would accept it' : `would answer ${status} ${message} (${code})`
  if (code === 'keys_unavailable') {
    return `This is what the running server answers, with the keys in its cache. The tenant does not give its keys now, so a server that starts now ${answer}.`
  }
  return `This is what the running server answers. One that starts now ${answer}: the keys or the configuration are no longer those that the running server read.`
}

/** The cause, if the tenant fails on request. */
function formatFaults(faults: readonly string[]): string[] {
  if (faults.length === 0) return []
  return [`The local tenant fails on request. ${faults.join(' ')} To end it: npm run tenant -- up`]
}

/** @param shown the advice that is already in the result */
function formatCheck(
  { name, outcome, expected, found, advice }: Check,
  shown: string | undefined,
): Line[] {
  const [mark, style] = MARKS[outcome]
  const head = [{ style, text: mark }, ` ${name.padEnd(16)}`]
  if (outcome === 'not checked') return [[...head, 'not checked']]
  if (advice === undefined) return [[...head, String(found)]]
  const indent = ' '.repeat(18)
  const fix = advice === shown ? [] : [`${indent}${advice}`]
  return [[...head, String(found)], `${indent}expected: ${expected}`, ...fix]
}
