import { tracingChannel } from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import { diag, trace } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { loadTelemetry } from '../../src/features.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { startServer } from '../../src/server.ts'
import { OPERATIONS, reportOperation } from '../../src/utils/operation.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { logSink } from '../support/log-sink.ts'
import { serve } from '../support/process.ts'
import { sendRaw } from '../support/raw-http.ts'
import { KEY } from '../support/tokens/keys.ts'
import { signJws } from '../support/tokens/tokens.ts'
import { collector } from './collector.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`
const SECRETS = /PLANTED|eyJ/
const SERVER = 2
const CLIENT = 3

/** Emits `request` when the handler of /slow runs. */
const slow = new EventEmitter()

async function routes(app: FastifyInstance): Promise<void> {
  const open = { config: { access: 'public' } } as const
  const limit = { max: 9, window: 60, per: 'address' } as const
  app.get('/notes/:id', open, () => ({}))
  app.post('/notes', open, () => {
    trace.getTracer('product').startSpan('query').end()
    return {}
  })
  app.get('/limited', { config: { access: 'public', limit } }, () => ({}))
  app.post('/limited', { config: { access: 'public', limit } }, () => ({}))
  app.get('/mine', { config: { access: {} } }, () => ({}))
  app.get('/broken', open, () => {
    throw new Error('PLANTED')
  })
  app.get('/slow', open, async ({ raw }) => {
    slow.emit('request')
    await once(raw.socket, 'close')
    return {}
  })
}

/** A server with traces, a collector and a tenant. */
async function traced(t: Test, environment: Environment = {}) {
  const collected = await collector(t)
  const issuer = await serve(t, (_request, response) =>
    response.end(JSON.stringify({ keys: [KEY.jwk] })),
  )
  for (const name of Object.keys(process.env)) if (/^OTEL_/.test(name)) delete process.env[name]
  const { log, destination } = logSink()
  const variables = {
    ...{ ...ENVIRONMENT, AUTH0_DOMAIN: issuer, PORT: '0', HOST: '127.0.0.1' },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collected.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    ...{ OTEL_BSP_SCHEDULE_DELAY: '20', ...environment },
  }
  const { app, port, keys } = await startServer({ routes: [routes] }, [variables], {
    logTo: destination,
  })
  let isClosed = false
  const close = async () => {
    if (!isClosed) await app.close()
    isClosed = true
  }
  t.teardown(close)
  await keys.refresh()
  const url = `http://127.0.0.1:${port}`
  const bearer = (claims: object = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const standard = { iss: `${issuer}/`, sub: 'PLANTED', aud: ENVIRONMENT.AUTH0_AUDIENCE }
    const all = { ...standard, iat: now, exp: now + 60, ...claims }
    return `Bearer ${signJws({ alg: 'RS256', kid: KEY.kid }, all)}`
  }
  const request = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init)
  return { ...collected, app, port, log, close, bearer, request, issuer }
}

test('a request has a span by the conventions, without secrets', async (t) => {
  const { request, span, resources, log, spans, port, close, bodies } = await traced(t, {
    OTEL_SERVICE_NAME: 'notes',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    PUBLIC_URL: 'https://api.test/v1',
  })
  const headers = { authorization: 'Bearer PLANTED', cookie: 'PLANTED=1', tracestate: 'PLANTED=1' }
  await request('/notes/PLANTED?PLANTED=PLANTED', { headers })
  const found = await span('GET /notes/:id')
  const line = log.find(({ route }) => route === '/notes/:id')
  t.match(line, { traceId: found.traceId, spanId: found.spanId }, 'the log has its ids')
  t.equal(found.kind, SERVER)
  t.equal(found.parentSpanId, undefined)
  t.ok(BigInt(found.endTimeUnixNano) >= BigInt(found.startTimeUnixNano))
  t.strictSame(found.attributes, {
    'http.request.method': 'GET',
    'http.route': '/notes/:id',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'server.address': 'api.test',
    'messages.request_id': line?.['requestId'],
    'http.response.status_code': 200,
  })
  t.match(resources[0], {
    'service.name': 'notes',
    'service.version': /^\d/,
    'deployment.environment.name': 'test',
  })

  t.equal((await request('/broken')).status, 500)
  t.match(await span('GET /broken'), {
    status: { code: 2 },
    attributes: { 'http.response.status_code': 500, 'error.type': '500' },
  })
  await request('/nowhere/PLANTED')
  const { attributes, status } = await span('GET')
  t.match(attributes, { 'http.response.status_code': 404 })
  t.equal(attributes['http.route'], undefined)
  t.not(status.code, 2)
  await request('/livez')
  await sendRaw(port, '127.0.0.1', 'JUMP / HTTP/1.1\r\n\r\n')
  await sendRaw(port, '127.0.0.1', `GET / HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`)
  await sendRaw(port, '127.0.0.1', 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n')
  await close()
  t.strictSame(
    spans.map(({ name }) => name).filter((name) => name !== 'fetch keys'),
    ['GET /notes/:id', 'GET /broken', 'GET'],
    'health routes and malformed requests have none',
  )
  t.notMatch(String(Buffer.concat(bodies.map(({ body }) => body))), SECRETS)
})

test('the span of a client that leaves', async (t) => {
  const { port, span, log } = await traced(t)
  const socket = connect(port, '127.0.0.1', () =>
    socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'),
  )
  await once(slow, 'request')
  socket.destroy()
  const { attributes } = await span('GET /slow')
  t.equal(attributes['error.type'], 'connection_closed')
  t.equal(attributes['http.response.status_code'], undefined)
  t.ok(log.length > 0)
})

test('the parent is that of trusted proxies; others get a link', async (t) => {
  const trusted = await traced(t, { TRUST_PROXY: 'loopback', OTEL_TRACES_SAMPLER: 'always_on' })
  for (const tracestate of ['vendor=1', `vendor=${'x'.repeat(600)}`]) {
    await trusted.request('/notes/1', { headers: { traceparent: TRACEPARENT, tracestate } })
  }
  await trusted.span('GET /notes/:id')
  await trusted.close()
  const children = trusted.spans.filter(({ name }) => name === 'GET /notes/:id')
  t.match(children, [
    { traceId: TRACE, parentSpanId: SPAN },
    { traceId: TRACE, parentSpanId: SPAN },
  ])
  t.match(JSON.stringify(children[0]), '"traceState":"vendor=1"')
  t.notMatch(JSON.stringify(children[1]), 'traceState')

  const { request, span, spans, close } = await traced(t)
  await request('/notes/1', { headers: { traceparent: TRACEPARENT } })
  const linked = await span('GET /notes/:id')
  t.not(linked.traceId, TRACE)
  t.equal(linked.parentSpanId, undefined)
  t.match(linked.links, [{ traceId: TRACE, spanId: SPAN }])
  spans.length = 0
  for (const traceparent of [
    ...[`00-${'0'.repeat(32)}-${SPAN}-01`, TRACEPARENT.toUpperCase()],
    ...[`ff-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}`, `${TRACEPARENT}-x`, 'x'],
  ]) {
    await request('/notes/1', { headers: { traceparent } })
  }
  await close()
  t.equal(spans.length, 6)
  for (const { traceId, links = [] } of spans) t.strictSame([traceId === TRACE, links], [false, []])
})

test('what is not sampled has no span, and the ids of the proxy in the log', async (t) => {
  const { request, log, spans, close } = await traced(t, {
    ...{ TRUST_PROXY: 'loopback', OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
  })
  await request('/notes/1', { headers: { traceparent: `00-${TRACE}-${SPAN}-00` } })
  await request('/notes/2')
  await close()
  t.strictSame(spans, [])
  t.match(
    log.filter(({ event }) => event === 'request'),
    [{ traceId: TRACE, spanId: SPAN }, {}],
  )
})

test('where nothing is sampled by itself, a trusted proxy can ask for a trace', async (t) => {
  const { request, span, spans, close } = await traced(t, {
    ...{ TRUST_PROXY: 'loopback', OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' },
    OTEL_TRACES_SAMPLER_ARG: '0',
  })
  await request('/notes/1')
  await request('/notes/2', { headers: { traceparent: TRACEPARENT } })
  t.match(await span('GET /notes/:id'), { traceId: TRACE, parentSpanId: SPAN })
  await close()
  t.equal(spans.length, 1)
})

test('a share of the requests is sampled, and of the spans of a product outside of requests', async (t) => {
  const { request, spans, close } = await traced(t, {
    ...{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
  })
  for (let i = 0; i < 200; i++) {
    await request('/notes/1')
    trace.getTracer('product').startSpan('job').end()
  }
  await close()
  for (const name of ['GET /notes/:id', 'job']) {
    const sampled = spans.filter((span) => span.name === name).length
    // By chance, this fails less than once in 10 million runs.
    t.ok(sampled > 60 && sampled < 140, `${name}: ${sampled} of 200`)
  }
})

test('without parentbased_, the ratio also holds for traces that a proxy has begun', async (t) => {
  for (const [ratio, count] of [
    ['0', 0],
    ['1', 2],
  ] as const) {
    const { request, spans, close } = await traced(t, {
      ...{ TRUST_PROXY: 'loopback', OTEL_TRACES_SAMPLER: 'traceidratio' },
      OTEL_TRACES_SAMPLER_ARG: ratio,
    })
    await request('/notes/1', { headers: { traceparent: TRACEPARENT } })
    await request('/notes/2', { headers: { traceparent: `00-${TRACE}-${SPAN}-00` } })
    await close()
    t.equal(spans.filter(({ name }) => name === 'GET /notes/:id').length, count)
  }
})

test('a collector that hangs does not delay the end for long', async (t) => {
  const hanging = await serve(t, () => {})
  const { request, close } = await traced(t, { OTEL_EXPORTER_OTLP_ENDPOINT: hanging })
  await request('/notes/1')
  const before = performance.now()
  await close()
  // The SDK waits 10 s for its collector, and SHUTDOWN_TIMEOUT is 20 s.
  t.ok(performance.now() - before < 8_000)
})

test('verifications, key fetches and Redis commands are children', async (t) => {
  const redis = await fakeRedis(t)
  const { request, bearer, span, spans, close, bodies } = await traced(t, { REDIS_URL: redis.url })
  await request('/mine', { headers: { authorization: bearer() } })
  const mine = await span('GET /mine')
  t.match(await span('verify access token'), {
    kind: 1,
    traceId: mine.traceId,
    parentSpanId: mine.spanId,
  })
  const fetched = await span('fetch keys')
  t.match(fetched, { kind: CLIENT, attributes: { 'server.address': '127.0.0.1' } })
  t.equal(fetched.parentSpanId, undefined, 'in the background')

  await request('/limited')
  const limited = await span('GET /limited')
  const command = await span('EVAL')
  t.match(command, {
    kind: CLIENT,
    traceId: limited.traceId,
    parentSpanId: limited.spanId,
    attributes: { 'db.system.name': 'redis', 'db.operation.name': 'EVAL' },
  })
  const json = { 'content-type': 'application/json' }
  await request('/limited', { method: 'POST', body: '{}', headers: json })
  const posted = await span('POST /limited')
  spans.length = 0
  redis.replyWith('OOM PLANTED')
  await request('/limited')
  t.match(await span('EVAL'), { status: { code: 2 }, attributes: { 'error.type': /Error$/ } })
  t.ok(posted)
  await close()
  t.notMatch(String(Buffer.concat(bodies.map(({ body }) => body))), SECRETS)
})

test('a span of a product belongs to the request, also after a body', async (t) => {
  const { request, span } = await traced(t)
  const headers = { 'content-type': 'application/json' }
  await request('/notes', { method: 'POST', body: '{"a":1}', headers })
  const { traceId, spanId } = await span('POST /notes')
  t.match(await span('query'), { traceId, parentSpanId: spanId })
})

test('commands and operations outside of a request, and those that fail', async (t) => {
  const { spans, span, close } = await traced(t)
  const redis = tracingChannel('node-redis:command')
  const command = { command: 'set', serverAddress: 'redis.test', serverPort: undefined }
  await redis.tracePromise(async () => {}, { ...command, command: 'outside' })
  const operation = { name: 'inside', isRemote: false, attributes: {} }
  const run = () => Promise.reject('no error object')
  await t.rejects(reportOperation(operation, run))
  await t.rejects(reportOperation({ ...operation, name: 'remote', isRemote: true }, run))
  t.match(await span('remote'), { status: { code: 2 }, attributes: { 'error.type': '_OTHER' } })
  trace.getTracer('test').startActiveSpan('parent', (parent) => {
    const fail = () => {
      throw new TypeError('PLANTED')
    }
    t.throws(() => redis.tracePromise(fail, { ...command }))
    parent.end()
  })
  t.match(await span('SET'), { attributes: { 'error.type': 'TypeError' } })
  await close()
  const names = spans.map(({ name }) => name).filter((name) => name !== 'fetch keys')
  t.strictSame(names.sort(), ['SET', 'parent', 'remote'])
})

test('protobuf is the default', async (t) => {
  const { request, bodies, close } = await traced(t, { OTEL_EXPORTER_OTLP_PROTOCOL: '' })
  await request('/notes/1')
  await close()
  t.ok(
    bodies.some(
      ({ type, body }) => type === 'application/x-protobuf' && body.includes('GET /notes/:id'),
    ),
  )
})

test('an exporter that is down: requests are answered, the log says so, and the end is in time', async (t) => {
  const { app, request, log, close } = await traced(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_BSP_MAX_QUEUE_SIZE: '10',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5',
  })
  for (let n = 0; n < 50; n += 1) t.equal((await request('/notes/1')).status, 200)
  const problem = () => log.filter(({ event }) => event === 'telemetry_problem')
  for (const _ of [1, 2]) diag.error('a problem')
  t.equal(problem().length, 1, 'at most one a minute')
  app.closeBy = performance.now() + 300
  const began = performance.now()
  await close()
  t.ok(performance.now() - began < 5_000)
  t.equal(problem().length, 1)
})

test('a span has the scheme that a trusted proxy names, and the reason of a rejection', async (t) => {
  const { request, span } = await traced(t, { TRUST_PROXY: 'loopback' })
  t.equal((await request('/mine', { headers: { 'x-forwarded-proto': 'https' } })).status, 401)
  t.match((await span('GET /mine')).attributes, {
    'url.scheme': 'https',
    'messages.refusal': 'credentials_missing',
  })
})

test('an operation runs once, also if a subscriber does not wrap it', async (t) => {
  const names: string[] = []
  const listen = (message: unknown) => void names.push((message as { name: string }).name)
  OPERATIONS.subscribe(listen)
  t.teardown(() => OPERATIONS.unsubscribe(listen))
  const operation = { name: 'x', isRemote: false, attributes: {} }
  t.equal(await reportOperation(operation, async () => 1), 1)
  t.strictSame(names, ['x'])
})

test('traces are off without an endpoint, and by the standard variables', async (t) => {
  for (const environment of [
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_TRACES_EXPORTER: 'none' },
  ]) {
    const { request, bodies, close } = await traced(t, environment)
    await request('/notes/1')
    await close()
    t.strictSame(bodies, [])
  }
  const { url } = await collector(t)
  const off = await traced(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: '',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
  })
  t.ok(off.app)
})

test('without its packages, the start is refused with their names', async (t) => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  const { config } = loadConfig(ENVIRONMENT, endpoint)
  const missing = Object.assign(new Error('no package'), { code: 'ERR_MODULE_NOT_FOUND' })
  const logger = createLogger('info', logSink().destination)
  await t.rejects(
    loadTelemetry(config, [endpoint], logger, () => Promise.reject(missing)),
    {
      name: 'ConfigError',
      message:
        /packages that cannot be loaded \(ERR_MODULE_NOT_FOUND\): expected @opentelemetry\/api, /,
    },
  )
})
