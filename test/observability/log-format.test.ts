import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { createLogger } from '../../src/observability/logger.ts'
import type { LogFormat } from '../../src/observability/output/log-format.ts'
import { logSink } from '../support/log-sink.ts'

const service = { name: 'notes', version: '1.2.3' }
const REQUEST = {
  ...{ event: 'request', requestId: 'id', method: 'GET', route: '/notes/:id', status: 200 },
  ...{ duration: 1.5, traceId: 'a1', spanId: 'b2' },
}

/** A logger with its lines. */
function logging(logFormat?: LogFormat) {
  const { log, destination } = logSink()
  const logger = createLogger('trace', destination, {
    service,
    ...(logFormat !== undefined && { logFormat }),
  })
  return { log, logger }
}

test('each line has the service and an event', async (t) => {
  const { log, logger } = logging()
  logger.info('Server listening')
  logger.info({ event: 'request' }, 'request')
  logger.info({ note: '{"event":"in a text"}' })
  logger.child({ event: 'read' }).info({ part: 'store' })
  t.match(log, [
    { service: 'notes', version: '1.2.3', msg: 'Server listening', event: 'message' },
    { event: 'request' },
    { note: '{"event":"in a text"}', event: 'message' },
    { event: 'read', part: 'store' },
  ])
})

test('the Elastic Common Schema', async (t) => {
  const { log, logger } = logging('ecs')
  logger.info(REQUEST, 'request')
  logger.error({ event: 'x', err: new TypeError('broken token=PLANTED') }, 'failed')
  logger.warn({ err: 'a text' })
  const audit = { event: 'audit', outcome: 'allowed', subject: 'auth0|1', organization: null }
  logger.info(audit, 'audit')
  logger.info({ ...audit, outcome: 'denied' }, 'audit')
  const [line, failed, text, allowed, denied] = log
  const { '@timestamp': time, ...rest } = line ?? {}
  t.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  t.strictSame(rest, {
    'log.level': 'info',
    'ecs.version': '8.11.0',
    'service.name': 'notes',
    'service.version': '1.2.3',
    'event.action': 'request',
    'http.request.id': 'id',
    'http.request.method': 'GET',
    'http.route': '/notes/:id',
    'http.response.status_code': 200,
    'trace.id': 'a1',
    'span.id': 'b2',
    message: 'request',
    'event.duration': 1_500_000,
  })
  t.match(failed, {
    'log.level': 'error',
    'error.type': 'TypeError',
    'error.message': 'broken token=[redacted]',
    'error.stack_trace': /^TypeError: broken token=\[redacted\]\n/,
  })
  t.match(text, { 'log.level': 'warn', 'error.message': 'a text' })
  t.match(allowed, { 'event.outcome': 'success', 'user.id': 'auth0|1', 'organization.id': null })
  t.match(denied, { 'event.outcome': 'failure' })
})

test("OpenTelemetry's model of logs", async (t) => {
  const { log, logger } = logging('otel')
  logger.info(REQUEST, 'request')
  logger.fatal({ event: 'x', err: new Error('broken') }, 'failed')
  logger.info({ event: 'y', method: null, route: null })
  const [line, failed, other] = log
  const { timestamp, ...rest } = line ?? {}
  t.match(timestamp, /^\d{4}-/)
  t.strictSame(rest, {
    severity_text: 'INFO',
    severity_number: 9,
    body: 'request',
    event_name: 'request',
    trace_id: 'a1',
    span_id: 'b2',
    resource: { 'service.name': 'notes', 'service.version': '1.2.3' },
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/notes/:id',
      'http.response.status_code': 200,
      requestId: 'id',
      duration: 1.5,
    },
  })
  t.match(failed, {
    severity_text: 'FATAL',
    severity_number: 21,
    attributes: { 'exception.type': 'Error', 'exception.message': 'broken' },
  })
  t.notOk(failed && 'trace_id' in failed)
  t.strictSame(other?.['attributes'], { 'http.request.method': null, 'http.route': null })
})

test('a level that pino does not have keeps its number', async (t) => {
  const { log, logger } = logging('otel')
  const custom = logger.child(
    {},
    { customLevels: { audit: 35 } },
  ) as unknown as FastifyInstance['log'] & {
    audit: (line: object) => void
  }
  custom.audit({ event: 'x' })
  t.match(log, [{ severity_text: '35', severity_number: 0 }])
})
