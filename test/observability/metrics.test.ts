import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { fail } from '../../src/http/http-error.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { logSink } from '../support/log-sink.ts'
import { serve } from '../support/process.ts'
import { sendRaw } from '../support/raw-http.ts'
// #region browser-login
import { site } from '../support/site.ts'
// #endregion browser-login
import { KEY } from '../support/tokens/keys.ts'
import { boundToken, proofFor, sha256, thumbprint } from '../support/tokens/proofs.ts'

const HERE = { ...ENVIRONMENT, PORT: '0', HOST: '127.0.0.1', METRICS_PORT: '0' }

async function routes(app: FastifyInstance): Promise<void> {
  const options = { config: { access: 'public' } } as const
  app.post('/notes', options, () => fail(409, { code: 'PLANTED_code', message: 'PLANTED' }))
  app.delete('/notes', options, () => {
    throw Object.assign(new Error('PLANTED'), { code: 'PLANTED_error' })
  })
  app.put('/notes', options, () => ({}))
  const limit = { max: 9, window: 60, per: 'address' } as const
  app.get('/limited', { config: { ...options.config, limit } }, () => ({}))
}

/** A server and what its metrics say. */
async function measured(t: Test, environment: Environment = {}) {
  const { destination, log } = logSink()
  const sources = [HERE, environment]
  const server = await startServer({ routes: [routes] }, sources, { logTo: destination })
  t.teardown(() => server.app.close())
  const url = `http://127.0.0.1:${server.metricsPort}/metrics`
  return { ...server, url, log, text: async () => (await fetch(url)).text() }
}

test('methods are counted by name, and odd ones as one', async (t) => {
  const { app, text } = await measured(t)
  for (const method of ['PUT', 'POST', 'DELETE', 'QUERY', 'PROPFIND', 'MKCALENDAR']) {
    await app.inject({ method: method as 'PUT', url: '/notes' })
  }
  const counts = (await text()).match(/^http_request_duration_seconds_count.*$/gm)
  t.strictSame(counts?.sort(), [
    'http_request_duration_seconds_count{route="/notes",method="DELETE",status="500"} 1',
    'http_request_duration_seconds_count{route="/notes",method="POST",status="409"} 1',
    'http_request_duration_seconds_count{route="/notes",method="PUT",status="200"} 1',
    'http_request_duration_seconds_count{route="/notes",method="QUERY",status="405"} 1',
    'http_request_duration_seconds_count{route="/notes",method="_OTHER",status="405"} 2',
  ])
})

test('the connections to Redis are measured, by their use', async (t) => {
  const redis = await fakeRedis(t)
  const { app, text } = await measured(t, { REDIS_URL: redis.url })
  const found = async () => (await text()).match(/^redis_.*$/gm)
  t.strictSame(await found(), ['redis_command_failures_total{use="limits"} 0'], 'not connected')
  await app.inject('/limited')
  t.strictSame(await found(), [
    'redis_up{use="limits"} 1',
    'redis_commands_pending{use="limits"} 0',
    'redis_command_failures_total{use="limits"} 0',
  ])
  redis.replyWith('OOM command not allowed')
  t.equal((await app.inject('/limited')).statusCode, 200)
  t.match(await found(), [
    'redis_up{use="limits"} 1',
    'redis_commands_pending{use="limits"} 0',
    'redis_command_failures_total{use="limits"} 1',
  ])
})

test('codes of a product are not label values', async (t) => {
  const { app, text } = await measured(t)
  for (const method of ['POST', 'DELETE'] as const) await app.inject({ method, url: '/notes' })
  const metrics = await text()
  t.match(metrics, /status="409"/)
  t.notMatch(metrics, 'PLANTED')
  t.notMatch(metrics, /^refusals_total\{/m)
})

test('a request that cannot be parsed has no duration', async (t) => {
  const { port, text } = await measured(t)
  for (const head of ['JUMP / HTTP/1.1', 'GET /%zz HTTP/1.1\r\nHost: localhost']) {
    t.match(await sendRaw(port, '127.0.0.1', `${head}\r\n\r\n`), /^HTTP\/1.1 400 /)
  }
  const metrics = await text()
  t.notMatch(metrics, /^http_request_duration_seconds_count/m)
  t.match(metrics, 'refusals_total{code="HPE_INVALID_METHOD"} 1')
  t.match(metrics, 'refusals_total{code="FST_ERR_BAD_URL"} 1')
})

test('totals are counters, and a query does not matter', async (t) => {
  const { url, text } = await measured(t)
  const metrics = await text()
  const types = new Map(
    [...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
  )
  for (const name of ['hits', 'misses', 'evictions']) {
    t.equal(types.get(`verified_token_cache_${name}_total`), 'counter')
  }
  t.equal(types.get('refusals_total'), 'counter')
  for (const [name = '', type] of types) {
    if (/^(?!process_|nodejs_).*_total$/.test(name)) t.equal(type, 'counter', name)
  }
  t.equal((await fetch(`${url}?x`)).status, 200)
  t.equal((await fetch(`${url}x?/metrics`)).status, 404)
  t.equal((await fetch(`${url}/`)).status, 404)
})

/** What the metrics of proofs say, without those that are 0. */
async function proofMetrics(text: () => Promise<string>) {
  return (await text()).match(/^dpop_.* (?!0$).*$/gm) ?? []
}

test('proofs are counted by what became of them', async (t) => {
  const off = await measured(t, { DPOP: 'off' })
  t.notMatch(await off.text(), 'dpop_')
  const redis = await fakeRedis(t)
  const { app, text } = await measured(t, { DPOP: 'allowed', REDIS_URL: redis.url })
  t.match(await text(), /^dpop_proofs_total\{outcome="accepted"\} 0$/m)
  t.strictSame(await proofMetrics(text), [])
  t.notMatch(await text(), 'redis_up{use="proofs"}', 'not connected')
  const bearer = boundToken()
  const expected = {
    method: 'GET',
    uri: 'http://localhost/probe/protected',
    tokenHash: sha256(bearer),
    thumbprint: thumbprint(),
  }
  const verify = async (...proofs: string[]) => void (await app.proofs?.verify(proofs, expected))
  const newProof = () => proofFor(bearer, { claims: { iat: Date.now() / 1000 } })
  const proof = newProof()
  for (const fields of [[proof], [proof], [], ['x']]) await verify(...fields)
  await redis.goDown()
  await t.rejects(verify(newProof()), { name: 'ReplayStoreError' })
  t.strictSame(await proofMetrics(text), [
    'dpop_proofs_total{outcome="accepted"} 1',
    'dpop_proofs_total{outcome="rejected"} 2',
    'dpop_proofs_total{outcome="replayed"} 1',
    'dpop_proofs_total{outcome="not_stored"} 1',
    'dpop_replay_entries 2',
  ])
  t.match(await text(), 'redis_up{use="proofs"} 0')
})

test('a nonce that is refused is counted, and a proof without one is not', async (t) => {
  const DPOP_NONCE_SECRETS = 'a secret of 32 characters at least'
  const { app, text } = await measured(t, { DPOP: 'allowed', DPOP_NONCE_SECRETS })
  const bearer = boundToken()
  const expected = {
    method: 'GET',
    uri: 'http://localhost/probe/protected',
    tokenHash: sha256(bearer),
    thumbprint: thumbprint(),
  }
  for (const nonce of [undefined, 'of another server']) {
    await app.proofs?.verify([proofFor(bearer, { claims: { nonce } })], expected)
  }
  t.strictSame(await proofMetrics(text), [
    'dpop_proofs_total{outcome="nonce_required"} 2',
    'dpop_nonces_refused_total 1',
  ])
})

test('readiness, draining, connections and the build are measured', async (t) => {
  const OTEL_RESOURCE_ATTRIBUTES = 'service.version=9.8.7,deployment.environment.name=test%20one'
  const { app, port, text } = await measured(t, {
    OTEL_SERVICE_NAME: 'notes "api"',
    OTEL_RESOURCE_ATTRIBUTES,
  })
  const found = async () => (await text()).match(/^(server_|connections_|messages_api_).*$/gm)
  const [build, ...others] = (await found()) ?? []
  const labels = `service="notes \\"api\\"",version="9.8.7",node="${process.version}"`
  t.equal(build, `messages_api_build_info{${labels}} 1`)
  t.strictSame(others, [
    'server_ready 0',
    'server_draining 0',
    'connections_open 0',
    `connections_limit ${app.connectionLimit}`,
    'connections_dropped_total 0',
  ])
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  while (app.openConnections === 0) await setImmediate()
  app.draining = true
  t.strictSame((await found())?.slice(1, 4), [
    'server_ready 0',
    'server_draining 1',
    'connections_open 1',
  ])
})

test('a server with keys is ready, until it drains', async (t) => {
  const issuer = await serve(t, (_request, response) =>
    response.end(JSON.stringify({ keys: [KEY.jwk] })),
  )
  const { app, keys, text } = await measured(t, { AUTH0_DOMAIN: issuer })
  await keys.refresh()
  t.match(await text(), /^server_ready 1$/m)
  app.draining = true
  t.match(await text(), /^server_ready 0$/m)
})

test('the metrics port listens where METRICS_HOST says', async (t) => {
  const { config } = await measured(t, { NODE_ENV: 'production' })
  t.equal(config.metricsHost, '127.0.0.1', 'on this machine only, in production too')
  const elsewhere = await measured(t, { METRICS_HOST: '127.0.0.2' })
  t.equal((await fetch(elsewhere.url.replace('127.0.0.1', '127.0.0.2'))).status, 200)
  await t.rejects(fetch(elsewhere.url))
  await t.rejects(measured(t, { METRICS_HOST: 'nowhere.invalid' }), {
    message: /^METRICS_HOST is invalid: nowhere\.invalid has no address/,
  })
})

// #region browser-login
test('metrics that cannot be read are 500, and the server lives on', async (t) => {
  const { app, url, log } = await measured(t)
  app.redisConnections.set('broken', () => {
    throw new Error('a bug')
  })
  t.equal((await fetch(url)).status, 500)
  t.match(
    log.filter(({ event }) => event === 'metrics_failed'),
    [{ level: 50, err: { message: 'a bug' } }],
  )
  app.redisConnections.delete('broken')
  t.equal((await fetch(url)).status, 200)
})

test('logins are counted by what became of them', async (t) => {
  const { app, visitor } = await site(t)
  const read = () =>
    Object.fromEntries(
      app.featureMetrics.map((metric) => [
        metric.name,
        metric.type === 'gauge' ? metric.read() : Object.fromEntries(metric.read()),
      ]),
    )
  t.strictSame(read(), {
    logins_total: { begun: 0, completed: 0, failed: 0 },
    session_store_ready: 1,
  })
  await visitor().logIn()
  await visitor().visit('/callback?state=unknown')
  await visitor().visit('/login')
  t.strictSame(read()['logins_total'], { begun: 2, completed: 1, failed: 1 })
})
// #endregion browser-login
