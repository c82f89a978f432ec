/** The names and the form of the members of a log line. */
export type LogFormat = 'json' | 'ecs' | 'otel'

type Members = Record<string, unknown>

/** The names of pino's levels, and their severity numbers in OpenTelemetry's model of logs. */
const LEVELS: Readonly<Record<number, readonly [name: string, severity: number]>> = {
  10: ['trace', 1],
  20: ['debug', 5],
  30: ['info', 9],
  40: ['warn', 13],
  50: ['error', 17],
  60: ['fatal', 21],
}

/** The Elastic Common Schema (https://www.elastic.co/docs/reference/ecs). Other members keep their names. */
const ECS_NAMES: Readonly<Record<string, string>> = {
  time: '@timestamp',
  msg: 'message',
  service: 'service.name',
  version: 'service.version',
  event: 'event.action',
  requestId: 'http.request.id',
  method: 'http.request.method',
  status: 'http.response.status_code',
  route: 'http.route',
  traceId: 'trace.id',
  spanId: 'span.id',
  subject: 'user.id',
  organization: 'organization.id',
}
const ECS_VERSION = '8.11.0'
const NANOSECONDS = 1_000_000

const FORMATS: Readonly<Record<LogFormat, ((members: Members) => Members) | undefined>> = {
  json: undefined,
  ecs: toEcs,
  otel: toOpenTelemetry,
}

/**
 * Returns a function that gives a finished line its format.
 *
 * @returns undefined if lines stay as they are
 */
export function lineFormatter(format: LogFormat = 'json'): ((line: string) => string) | undefined {
  const convert = FORMATS[format]
  return convert && ((line) => `${JSON.stringify(convert(JSON.parse(line)))}\n`)
}

function toEcs({ level, err, duration, outcome, ...members }: Members): Members {
  const renamed = Object.entries(members).map(([name, value]) => [ECS_NAMES[name] ?? name, value])
  return {
    '@timestamp': members['time'],
    'log.level': levelOf(level)[0],
    'ecs.version': ECS_VERSION,
    ...Object.fromEntries(renamed),
    ...(typeof duration === 'number' && { 'event.duration': Math.round(duration * NANOSECONDS) }),
    ...(outcome !== undefined && {
      'event.outcome': outcome === 'allowed' ? 'success' : 'failure',
    }),
    ...errorMembers(err, 'error.type', 'error.message', 'error.stack_trace'),
  }
}

/** OpenTelemetry's model of logs (https://opentelemetry.io/docs/specs/otel/logs/data-model/), in snake case. */
function toOpenTelemetry(line: Members): Members {
  const { level, time, msg, service, version, traceId, spanId, event, err, ...rest } = line
  const { method, route, status, ...attributes } = rest
  const [name, severity] = levelOf(level)
  return {
    timestamp: time,
    severity_text: name.toUpperCase(),
    severity_number: severity,
    body: msg,
    event_name: event,
    ...(traceId !== undefined && { trace_id: traceId, span_id: spanId }),
    resource: { 'service.name': service, 'service.version': version },
    attributes: {
      ...(method !== undefined && {
        'http.request.method': method,
        'http.route': route,
        ...(status !== undefined && { 'http.response.status_code': status }),
      }),
      ...attributes,
      ...errorMembers(err, 'exception.type', 'exception.message', 'exception.stacktrace'),
    },
  }
}

function levelOf(level: unknown): readonly [name: string, severity: number] {
  return LEVELS[Number(level)] ?? [String(level), 0]
}

function errorMembers(error: unknown, type: string, message: string, stack: string): Members {
  if (error === undefined) return {}
  if (typeof error !== 'object' || error === null) return { [message]: error }
  const members = error as Members
  return { [type]: members['type'], [message]: members['message'], [stack]: members['stack'] }
}
