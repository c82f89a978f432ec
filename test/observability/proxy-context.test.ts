import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { parseTraceparent } from '../../src/observability/trace-context.ts'
import { type TestAppOptions, testApp } from '../support/app.ts'
import { PROTECTED } from '../support/probe-routes.ts'
import { sendRaw } from '../support/raw-http.ts'
import { token } from '../support/tokens/tokens.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`
const PROXY = '10.1.2.3'
const headers = { traceparent: TRACEPARENT, 'x-request-id': 'Root=1-67891233-abcdef' }

const routes: TestAppOptions['routes'] = [
  async (app) => {
    app.get('/logs', { config: { access: {} } }, ({ log }) => {
      log.info({ event: 'handled' })
      return {}
    })
  },
]

test('each line of a request has the ids of trusted proxies', async (t) => {
  const environment = { TRUST_PROXY: '10.0.0.0/8', AUDIT_LOG: 'true' }
  const { app, log } = await testApp(t, { environment, routes })
  const authorization = `Bearer ${token()}`
  const request = { url: '/logs', headers: { ...headers, authorization }, remoteAddress: PROXY }
  const response = await app.inject(request)
  const ids = { traceId: TRACE, spanId: SPAN }
  t.match(log, [
    { event: 'handled', ...ids, proxyRequestId: 'Root=1-67891233-abcdef' },
    { event: 'request', ...ids, proxyRequestId: 'Root=1-67891233-abcdef' },
    { event: 'audit', ...ids },
  ])
  t.notMatch(JSON.stringify(response.headers), /Root=|4bf92f/, 'not in the response')
  log.length = 0
  await app.inject({ ...request, remoteAddress: '192.0.2.1' })
  t.notMatch(JSON.stringify(log), /Root=|4bf92f/, 'other peers are not believed')
  t.match(log.at(-1), { event: 'audit', traceId: null, spanId: null })
})

test('ids of proxies that are malformed are not logged', async (t) => {
  const environment = { TRUST_PROXY: '10.0.0.0/8', PROXY_REQUEST_ID_HEADER: 'X-Amzn-Trace-Id' }
  const { app, log } = await testApp(t, { environment })
  const name = 'x-amzn-trace-id'
  for (const value of ['', 'a b', 'x'.repeat(129), '<script>', 'é', '"quoted"']) {
    await app.inject({ url: PROTECTED, headers: { [name]: value }, remoteAddress: PROXY })
  }
  await app.inject({ url: PROTECTED, headers: { 'x-request-id': 'a' }, remoteAddress: PROXY })
  for (const line of log) t.notOk('proxyRequestId' in line)
  await app.inject({ url: PROTECTED, headers: { [name]: 'a-1' }, remoteAddress: PROXY })
  t.match(log.at(-1), { proxyRequestId: 'a-1' })
  const secret = token().slice(0, 100)
  await app.inject({ url: PROTECTED, headers: { [name]: secret }, remoteAddress: PROXY })
  t.match(log.at(-1), { proxyRequestId: '[redacted]' }, 'a proxy may pass on what the client sent')
})

test('requests that reach no hook have the ids too, where they can be read', async (t) => {
  const { app, log } = await testApp(t, { environment: { TRUST_PROXY: 'loopback' } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const head = (line: string) =>
    `${line} HTTP/1.1\r\nHost: a\r\ntraceparent: ${TRACEPARENT}\r\n\r\n`
  await sendRaw(port, '127.0.0.1', head('GET /%zz'))
  await sendRaw(port, '127.0.0.1', head('JUMP /'))
  t.match(
    log.filter(({ event }) => event === 'request'),
    [
      { refusal: 'FST_ERR_BAD_URL', traceId: TRACE, spanId: SPAN },
      { refusal: 'HPE_INVALID_METHOD' },
    ],
  )
})

test('traceparent', async (t) => {
  t.strictSame(parseTraceparent(TRACEPARENT), { traceId: TRACE, spanId: SPAN, flags: 1 })
  t.match(parseTraceparent(`00-${TRACE}-${SPAN}-fe`), { flags: 0 })
  t.match(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-follows`), { traceId: TRACE })
  for (const malformed of [
    undefined,
    '',
    TRACEPARENT.toUpperCase(),
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-x`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-0g`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}0-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `cc-${TRACE}-${SPAN}-01.`,
    `cc-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`,
    `${TRACEPARENT}, ${TRACEPARENT}`,
    ` ${TRACEPARENT}`,
  ]) {
    t.equal(parseTraceparent(malformed), undefined, String(malformed))
  }
})
