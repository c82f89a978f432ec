import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { connectionLimit, processLimits } from '../../src/lifecycle/connection-limit.ts'
import { listen } from '../../src/lifecycle/listen.ts'
import { shutdown } from '../../src/lifecycle/shutdown.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT, testApp } from '../support/app.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER } from '../support/probe-routes.ts'
import { serve } from '../support/process.ts'
import { KEY, newKey } from '../support/tokens/keys.ts'
import { signJws, token } from '../support/tokens/tokens.ts'
import { until } from '../support/until.ts'

const PUBLIC = '/probe/public'
const PROTECTED = '/probe/protected'

test('health: the process is alive, and ready when keys are available', async (t) => {
  const ready = { keys: false }
  const { app, call, log } = await testApp(t, { notReady: () => (ready.keys ? undefined : 'keys') })
  t.match(await call('/livez'), { status: 200, message: 'Live' })
  t.match(await call('/readyz'), {
    status: 503,
    message: 'Not ready: keys',
    headers: { 'retry-after': '1' },
  })
  ready.keys = true
  t.match(await call('/readyz'), { status: 200, message: 'Ready' })
  t.match(log, [{ route: '/readyz', status: 503, level: 40 }])
  t.equal(log.length, 1, 'successful health checks are not logged')
  app.draining = true
  const draining = await call('/readyz')
  t.match(draining, { status: 503, message: 'Not ready: shutting down' })
  t.equal(draining.headers['connection'], 'close')
})

test('too many invalid tokens from one address: 429, but cached tokens are accepted', async (t) => {
  const { call, log } = await testApp(t, {
    environment: { AUTH_FAILURES_MAX: '3', TRUST_PROXY: 'loopback' },
  })
  const known = token()
  t.equal((await call(PROTECTED, known)).status, 200)
  for (let i = 0; i < 10; i++)
    t.equal((await call(PROTECTED)).status, 401, 'no credentials, no failure')
  for (let i = 0; i < 3; i++) t.equal((await call(PROTECTED, 'bad')).status, 401)
  const limited = await call(PROTECTED, token({ sub: 'a good one, but new' }))
  t.match(limited, { status: 429, message: 'Too Many Requests' })
  t.match(limited.headers['retry-after'], /^[1-9]\d?$/)
  t.equal(log.at(-1)?.['refusal'], 'too_many_failures')
  t.equal((await call(PROTECTED, known)).status, 200)
  t.equal((await call(PUBLIC)).status, 200)
  const elsewhere = { 'x-forwarded-for': '203.0.113.7' }
  t.equal((await call(PROTECTED, token({ sub: 'new' }), elsewhere)).status, 200, 'another address')
})

test('failed authentications of 10,000 addresses are counted', async (t) => {
  const { app } = await testApp(t, {
    environment: { AUTH_FAILURES_MAX: '1', TRUST_PROXY: 'loopback', LOG_LEVEL: 'silent' },
  })
  /** A call of one network for each number. */
  const call = async (number: number) => {
    const address = `2001:db8:${number.toString(16)}::1`
    const headers = { authorization: 'Bearer bad', 'x-forwarded-for': address }
    return (await app.inject({ url: PROTECTED, headers })).statusCode
  }
  for (let number = 0; number < 10_000; number += 1) await call(number)
  t.equal(await call(0), 429, 'the first of 10,000')
  await call(10_000)
  t.equal(await call(1), 401, 'the least recently seen address was evicted')
})

test('a port that a proxy reports does not make another address', async (t) => {
  const { call } = await testApp(t, {
    environment: { AUTH_FAILURES_MAX: '2', TRUST_PROXY: 'loopback' },
  })
  const statuses: number[] = []
  for (const address of ['203.0.113.9:51234', '203.0.113.9:51235', '[::ffff:203.0.113.9]:1']) {
    statuses.push((await call(PROTECTED, 'bad', { 'x-forwarded-for': address })).status)
  }
  t.strictSame(statuses, [401, 401, 429])
})

test('a trusted proxy is not the client, also if the next one reports its port', async (t) => {
  const { call } = await testApp(t, {
    environment: { AUTH_FAILURES_MAX: '1', TRUST_PROXY: 'loopback, 10.0.0.0/8, 2001:db8::/32' },
  })
  const statuses: number[] = []
  for (const chain of [
    '203.0.113.1:5, 10.0.0.2:77',
    '203.0.113.1:6, [2001:db8::2]:78, 10.0.0.2:79',
    '203.0.113.2, [::ffff:10.0.0.2]:80',
    '203.0.113.3, 192.0.2.1:81',
    '203.0.113.4, 192.0.2.1:82',
  ]) {
    statuses.push((await call(PROTECTED, 'bad', { 'x-forwarded-for': chain })).status)
  }
  t.strictSame(statuses, [401, 429, 401, 401, 429], 'the last one that is not trusted counts')
})

test('a fault of the server is not a failed authentication', async (t) => {
  const { call } = await testApp(t, {
    environment: { AUTH_FAILURES_MAX: '1' },
    signingKeys: { keysFor: () => Promise.reject(new Error('ours')), isCurrent: () => true },
  })
  for (const _ of [1, 2, 3]) t.equal((await call(PROTECTED, token())).status, 500)
})

test('load shedding: requests are rejected, health routes are not', async (t) => {
  const { call, log } = await testApp(t, { environment: { MAX_EVENT_LOOP_DELAY: '0.1' } })
  await call(PUBLIC)
  /** Blocks the event loop until its delay is measured. */
  const stall = async () => {
    const until = Date.now() + 1200
    while (Date.now() < until);
    await new Promise((resolve) => setImmediate(resolve))
  }
  let answer = await call(PUBLIC)
  for (let i = 0; i < 10 && answer.status === 200; i++) {
    await stall()
    t.equal((await call('/livez')).status, 200)
    answer = await call(PUBLIC)
  }
  t.match(answer, { status: 503, message: 'Service Unavailable', headers: { 'retry-after': '5' } })
  t.equal(log.at(-1)?.['refusal'], 'overloaded')
  while ((await call(PUBLIC)).status === 503) await setTimeout(10)
  t.strictSame(eventsOf(log), ['shedding_started', 'shedding_ended'])
})

/** The events of a log, without those of requests and of lines that have no event of their own. */
function eventsOf(log: readonly Record<string, unknown>[]): unknown[] {
  return log.map(({ event }) => event).filter((event) => event !== 'request' && event !== 'message')
}

/** A running server with a tenant of its own, its log and its metrics. */
async function running(t: Test, environment: Record<string, string> = {}) {
  const published = { keys: [KEY.jwk] }
  const issuer = await serve(t, (_request, response) => response.end(JSON.stringify(published)))
  const { log, destination } = logSink()
  const local = { ...ENVIRONMENT, AUTH0_DOMAIN: issuer, PORT: '0', HOST: '127.0.0.1' }
  const server = await startServer(PROBE_SERVER, [local, environment], { logTo: destination })
  t.teardown(() => server.app.close())
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: `${issuer}/`,
    sub: 'x',
    aud: ENVIRONMENT.AUTH0_AUDIENCE,
    iat: now,
    exp: now + 60,
  }
  return {
    ...server,
    log,
    published,
    url: `http://127.0.0.1:${server.port}`,
    bearer: (key = KEY) => `Bearer ${signJws({ alg: 'RS256', kid: key.kid }, claims, key)}`,
  }
}

test('the start says which proxies are trusted, and other peers choose no address', async (t) => {
  const { log } = await running(t, { TRUST_PROXY: 'loopback, 10.0.0.0/8' })
  const [trusted] = log.filter(({ event }) => event === 'proxies_trusted')
  t.strictSame(trusted?.['proxies'], ['loopback', '10.0.0.0/8'])
  const { log: others, url } = await running(t, {
    TRUST_PROXY: '10.0.0.0/8',
    AUTH_FAILURES_MAX: '1',
  })
  const statuses: number[] = []
  for (const address of ['203.0.113.1', '203.0.113.2']) {
    const headers = { authorization: 'Bearer bad', 'x-forwarded-for': address }
    statuses.push((await fetch(`${url}${PROTECTED}`, { headers })).status)
  }
  t.strictSame(statuses, [401, 429], 'a direct client is one client')
  t.equal(others.filter(({ event }) => event === 'proxies_trusted').length, 1)
})

test('metrics: on a separate port, with labels from fixed sets', async (t) => {
  const { url, metricsPort, bearer, config } = await running(t, { METRICS_PORT: '0' })
  const { issuer } = config.tokens
  const headers = { authorization: bearer() }
  for (const _ of [1, 2]) t.equal((await fetch(`${url}${PROTECTED}`, { headers })).status, 200)
  t.equal((await fetch(`${url}/readyz`)).status, 200)
  await fetch(`${url}/PLANTED`, { method: 'DELETE', headers: { authorization: 'Bearer PLANTED' } })
  await fetch(`${url}${PROTECTED}`, { headers: { authorization: 'Bearer PLANTED' } })
  t.equal((await fetch(`${url}/metrics`)).status, 404, 'never on the public port')
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  t.match(response.headers.get('content-type'), 'text/plain; version=')
  const text = await response.text()
  for (const line of [
    'http_request_duration_seconds_count{route="/probe/protected",method="GET",status="200"} 2',
    'http_request_duration_seconds_count{route="none",method="DELETE",status="404"} 1',
    'refusals_total{code="token_malformed"} 1',
    `key_fetch_duration_seconds_count{outcome="success",issuer="${issuer}"} 1`,
    `keys_known{issuer="${issuer}"} 1`,
    `tokens_verified_total{issuer="${issuer}"} 1`,
    'verified_token_cache_size 1',
    'verified_token_cache_hits_total 1',
    'nodejs_eventloop_lag_seconds',
    'process_resident_memory_bytes',
  ]) {
    t.ok(text.includes(line), line)
  }
  t.notMatch(text, 'PLANTED')
  t.equal((await fetch(`http://127.0.0.1:${metricsPort}/`)).status, 404)
})

test('a metrics port in use stops the start', async (t) => {
  const { metricsPort } = await running(t, { METRICS_PORT: '0' })
  const environment = {
    ...ENVIRONMENT,
    PORT: '0',
    HOST: '127.0.0.1',
    METRICS_PORT: String(metricsPort),
  }
  await t.rejects(
    startServer(PROBE_SERVER, [environment], { logTo: logSink().destination }),
    /^Port \d+ is in use\. .* set METRICS_PORT to another port\.$/,
  )
  const elsewhere = { ...environment, METRICS_PORT: '0', HOST: '192.0.2.1' }
  await t.rejects(startServer(PROBE_SERVER, [elsewhere], { logTo: logSink().destination }), {
    cause: { code: 'EADDRNOTAVAIL' },
  })
})

test('events of the key set are logged, with the unusable keys', async (t) => {
  const keys = [KEY.jwk, { kty: 'oct', kid: 'secret', k: 'PLANTED' }]
  const state = { status: 500 }
  const issuer = await serve(t, (_request, response) => {
    response.writeHead(state.status).end(JSON.stringify({ keys }))
  })
  const { log, destination } = logSink()
  const local = { ...ENVIRONMENT, AUTH0_DOMAIN: issuer, PORT: '0', HOST: '127.0.0.1' }
  const { app } = await startServer(PROBE_SERVER, [local, { KEYS_MAX_AGE: '1' }], {
    logTo: destination,
  })
  t.teardown(() => app.close())
  await until(() => log.some(({ event }) => event === 'keys_missing'))
  state.status = 200
  await until(() => log.some(({ event }) => event === 'keys_unusable'))
  t.notOk(
    log.some(({ event }) => event === 'keys_rotated'),
    'the first fetch is not a rotation',
  )
  const { duration } = log.find(({ event }) => event === 'keys_fetched') ?? {}
  t.match(String(duration), /^\d+(\.\d{1,3})?$/, 'milliseconds, rounded')
  state.status = 500
  await until(() => log.some(({ event }) => event === 'keys_stale'))
  t.match(
    log.find(({ event }) => event === 'keys_unusable'),
    {
      level: 40,
      unusable: [{ kid: 'secret', reason: 'symmetric or private key' }],
    },
  )
  t.notMatch(JSON.stringify(log), 'PLANTED')
})

test('key rotation under load: no valid token is rejected', async (t) => {
  const next = newKey('RS256', 'next')
  const { url, published, bearer, log } = await running(t, { KEYS_MAX_AGE: '1' })
  const [old, young] = [bearer(), bearer(next)]
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  t.teardown(() => agent.destroy())
  const get = (authorization: string) =>
    new Promise<number>((resolve, reject) => {
      httpRequest(`${url}${PROTECTED}`, { agent, headers: { authorization } }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
        .on('error', reject)
        .end()
    })
  const round = async (authorization: string) => {
    const statuses = await Promise.all(Array.from({ length: 500 }, () => get(authorization)))
    return statuses.filter((status) => status !== 200)
  }
  for (let i = 0; i < 10; i++) t.strictSame(await round(old), [])
  const fetched = (...kids: string[]) =>
    log.some(({ event, keys }) => event === 'keys_fetched' && String(keys) === String(kids))
  published.keys = [KEY.jwk, next.jwk]
  // The next key is published before it signs: long enough for a refresh, as a tenant would wait.
  while (!fetched('current', 'next')) t.strictSame(await round(old), [])
  for (let i = 0; i < 20; i++) {
    t.strictSame(await round(young), [])
    t.strictSame(await round(old), [])
  }
  published.keys = [next.jwk]
  while (!fetched('next')) await round(young)
  t.equal(await get(old), 401, 'withdrawn with the next fetch')
  t.strictSame(await round(young), [])
})

test('SIGTERM under load: no request is lost or cut', async (t) => {
  const { app, port, log } = await running(t)
  let answered = 0
  let closed = 0
  /** A client that uses one connection until the server asks it to close. */
  const client = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      const ask = () => socket.write(`GET ${PUBLIC} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      let text = ''
      socket.on('connect', ask)
      socket.on('data', (data) => {
        text += data
        if (!text.endsWith('}')) return
        if (!text.startsWith('HTTP/1.1 200')) reject(new Error(text))
        answered += 1
        const last = /connection: close/i.test(text)
        text = ''
        if (last) closed += 1
        else ask()
      })
      socket.on('error', reject)
      socket.on('close', () => (text === '' ? resolve() : reject(new Error(`cut: ${text}`))))
    })
  const clients = Promise.all(Array.from({ length: 200 }, client))
  await until(() => answered > 2000)
  await shutdown(app, { drainTime: 1000, timeout: 20_000 })
  await clients
  t.equal(closed, 200, 'each was told to close before it was closed')
  t.match(eventsOf(log).slice(-2), ['drain_started', 'shutdown_finished'])
})

test('stuck clients do not delay the shutdown, and requests in flight finish', async (t) => {
  const { app, log } = await testApp(t)
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let arrived = 0
  app.get('/slow', { config: { access: 'public' } }, async () => {
    arrived += 1
    await released
    return { message: 'late' }
  })
  const port = await listen(app, ['127.0.0.1', '::1', '127.0.0.2'], 0)
  const addresses = ['127.0.0.1', '::1', '127.0.0.2']
  const slow = addresses.map((host) =>
    fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/slow`).then(
      (response) => response.text(),
      () => 'no such address',
    ),
  )
  await until(() => arrived >= 2)
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  const silentEnded = once(silent, 'close')
  const stuck = connect(port, '127.0.0.1')
  await once(stuck, 'connect')
  stuck.write('GET /livez HTTP/1.1\r\nHost: lo')
  const ended = once(stuck, 'close')
  const end = shutdown(app, { drainTime: 0, timeout: 3000 })
  release()
  const texts = await Promise.all(slow)
  t.ok(texts.filter((text) => text === '{"message":"late"}').length >= 2, 'on every address')
  await silentEnded
  t.notOk(stuck.destroyed, 'only what is half a request is waited for')
  await end
  await ended
  t.match(eventsOf(log), ['drain_started', 'connections_cut', 'shutdown_finished'])
})

test('time-outs and limits are set', async (t) => {
  const { app } = await testApp(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections } = app.server
  t.strictSame(
    { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections },
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 72_000,
      timeout: 120_000,
      maxConnections: connectionLimit(processLimits()),
    },
  )
})
