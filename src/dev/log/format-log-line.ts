import type { Line, Styled } from '../../cli/support/terminal.ts'

/** The longest value of a field that is shown, in characters. The log as JSON has more of it. */
const MAX_VALUE_LENGTH = 300

const LEVELS: Readonly<Record<string, Styled>> = {
  10: { style: 'dim', text: 'trace ' },
  20: { style: 'dim', text: 'debug ' },
  40: { style: 'yellow', text: 'warn ' },
  50: { style: 'red', text: 'error ' },
  60: { style: 'red', text: 'fatal ' },
}

const STATUS_STYLES: Readonly<Record<string, Styled['style']>> = {
  2: 'green',
  3: 'cyan',
  4: 'yellow',
  5: 'red',
}

/** What only programs need, and what is shown elsewhere. */
const NOT_FIELDS = new Set([
  ...['level', 'time', 'service', 'version', 'event', 'requestId', 'msg', 'err', 'hint'],
  ...['traceId', 'spanId', 'proxyRequestId'],
])
const NOT_FIELDS_OF_ERROR = new Set(['type', 'message', 'stack'])

type Members = Readonly<Record<string, unknown>>

/**
 * A line of the log for people.
 *
 * @param line JSON from the logger, without secrets. Control characters are left to the terminal
 */
export function formatLogLine(line: string): Line[] {
  const members = JSON.parse(line) as Members
  const isRequest = members['msg'] === 'request' && typeof members['status'] === 'number'
  return [
    ...(isRequest ? [requestLine(members)] : eventLines(members)),
    ...below(members['hint']),
    ...errorLines(members['err']),
  ]
}

/** `403 GET /api/messages/admin  permission_missing  12 ms` */
function requestLine({ method, route, status, duration, refusal, check }: Members): Line {
  const target =
    typeof method === 'string' ? `${method} ${route ?? '(no route)'}` : 'malformed request'
  const reason = check === undefined ? refusal : `${refusal} (${check})`
  return [
    { style: STATUS_STYLES[String(status)[0] as string] ?? 'dim', text: String(status) },
    ` ${target}`,
    ...(reason === undefined ? [] : [`  ${reason}`]),
    ...(typeof duration === 'number'
      ? [{ style: 'dim', text: `  ${formatMilliseconds(duration)}` } as const]
      : []),
  ]
}

function formatMilliseconds(duration: number): string {
  return duration < 10 ? `${duration.toFixed(1)} ms` : `${Math.round(duration)} ms`
}

function eventLines(members: Members): Line[] {
  const level = LEVELS[String(members['level'])]
  const [first = '', ...others] = textOf(members['msg'] ?? members['event']).split('\n')
  const fields = formatFields(members, NOT_FIELDS)
  return [
    [
      ...(level === undefined ? [] : [level]),
      first,
      ...(fields === '' ? [] : [{ style: 'dim', text: `  ${fields}` } as const]),
    ],
    ...others.map((text) => `    ${text}`),
  ]
}

/** The stack with those of its causes, and what else the error has. */
function errorLines(error: unknown): Line[] {
  if (typeof error !== 'object' || error === null) return below(error)
  const members = error as Members
  const fields = formatFields(members, NOT_FIELDS_OF_ERROR)
  // An object that is not an error may have an empty stack.
  const stack = members['stack'] || members['message'] || ''
  return [...below(stack), ...below(fields)]
}

/** A text of several lines, indented. */
function below(text: unknown): Line[] {
  if (text === undefined || text === '') return []
  return textOf(text)
    .split('\n')
    .map((line) => [{ style: 'dim', text: `    ${line}` }])
}

function formatFields(members: Members, omitted: ReadonlySet<string>): string {
  return Object.entries(members)
    .filter(([name]) => !omitted.has(name))
    .map(([name, value]) => `${name}=${bounded(textOf(value))}`)
    .join(' ')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function bounded(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text
}
