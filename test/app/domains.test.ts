import { setTimeout } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER } from '../support/probe-routes.ts'
import { serve } from '../support/process.ts'
import { newKey, type TestKey } from '../support/tokens/keys.ts'
import { signJws } from '../support/tokens/tokens.ts'

const PROTECTED = '/probe/protected'
const [KEY, NEXT] = [newKey('RS256', 'current'), newKey('RS256', 'next')]

/** One domain of a tenant, which publishes keys while it is up. */
async function domain(t: Test) {
  const state = { keys: [KEY.jwk], down: false, asked: 0 }
  const origin = await serve(t, (request, response) => {
    state.asked += 1
    if (state.down) return void request.socket.destroy()
    response.end(JSON.stringify({ keys: state.keys }))
  })
  const issuer = `${origin}/`
  const tokenBy = (key: TestKey = KEY, claims = {}) => {
    const now = Math.floor(Date.now() / 1000)
    const times = { iat: now, exp: now + 60 }
    const common = { iss: issuer, sub: 'x', aud: ENVIRONMENT.AUTH0_AUDIENCE }
    return signJws({ alg: 'RS256', kid: key.kid }, { ...common, ...times, ...claims }, key)
  }
  return Object.assign(state, { issuer, tokenBy })
}

type Domain = Awaited<ReturnType<typeof domain>>

/** A running server for several domains. */
async function running(t: Test, domains: readonly Domain[], environment = {}) {
  const { log, destination } = logSink()
  const local = {
    ...ENVIRONMENT,
    AUTH0_DOMAIN: domains.map(({ issuer }) => issuer).join(', '),
    PORT: '0',
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
  }
  const server = await startServer(PROBE_SERVER, [local, environment], { logTo: destination })
  t.teardown(() => server.app.close())
  const get = (path: string, bearer?: string) =>
    server.app.inject({
      url: path,
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    })
  return {
    ...server,
    log,
    get,
    status: async (bearer: string) => (await get(PROTECTED, bearer)).statusCode,
    metrics: async () => (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text(),
    /** Waits for an event of a domain, and returns it. */
    async event(name: string, { issuer }: Domain) {
      const find = () => log.findLast((line) => line['event'] === name && line['issuer'] === issuer)
      while (find() === undefined) await setTimeout(1)
      return find()
    },
  }
}

const TWO = async (t: Test) => [await domain(t), await domain(t)] as const

test('D.1 test 1: tokens of both domains are accepted by a running server', async (t) => {
  const [a, b] = await TWO(t)
  const third = await domain(t)
  const { status, get } = await running(t, [a, b], { PUBLIC_URL: 'https://api.test' })
  t.equal(await status(a.tokenBy()), 200)
  t.equal(await status(b.tokenBy()), 200)
  t.equal(await status(third.tokenBy()), 401)
  t.strictSame([a.asked, b.asked, third.asked], [1, 1, 0])
  const { body } = await get('/.well-known/oauth-protected-resource')
  t.strictSame(JSON.parse(body).authorization_servers, [a.issuer, b.issuer], 'the main one first')
})

test('D.1 test 4: a domain that is down does not affect the other', async (t) => {
  const [a, b] = await TWO(t)
  const refreshed = { KEYS_MAX_AGE: '1', KEYS_STALE_IF_ERROR: '3' }
  const { status, event, get, log } = await running(t, [a, b], refreshed)
  const [cachedOfA, cachedOfB] = [a.tokenBy(), b.tokenBy()]
  t.strictSame([await status(cachedOfA), await status(cachedOfB)], [200, 200])
  b.down = true
  await event('keys_fetch_failed', b)
  t.strictSame([await status(cachedOfA), await status(cachedOfB)], [200, 200], 'cached')
  const known = { sub: 'somebody else' }
  t.strictSame(
    [await status(a.tokenBy(KEY, known)), await status(b.tokenBy(KEY, known))],
    [200, 200],
  )
  t.equal(await status(b.tokenBy(NEXT)), 503, 'a key id of the domain that is down')
  t.equal(await status(a.tokenBy(NEXT)), 401)
  await event('keys_missing', b)
  t.strictSame([await status(cachedOfA), await status(cachedOfB)], [200, 503], 'stale')
  t.equal((await get('/readyz')).statusCode, 200)
  t.notOk(log.some(({ event, issuer }) => event === 'keys_missing' && issuer === a.issuer))
  b.down = false
  while ((await status(cachedOfB)) === 503) await setTimeout(10)
  t.equal(await status(cachedOfB), 200, 'it recovers')
})

test('D.1 test 5: a rotation of one issuer ends its own tokens only', async (t) => {
  const [a, b] = await TWO(t)
  const { status, event, metrics } = await running(t, [a, b], { KEYS_MAX_AGE: '1' })
  const [ofA, ofB] = [a.tokenBy(), b.tokenBy()]
  t.strictSame([await status(ofA), await status(ofB)], [200, 200])
  t.match(await metrics(), /^verified_token_cache_size 2$/m)
  a.keys = [NEXT.jwk]
  t.match(await event('keys_rotated', a), { keys: ['next'] })
  t.match(await metrics(), /^verified_token_cache_size 1$/m)
  t.strictSame([await status(ofA), await status(ofB)], [401, 200])
  t.match(await metrics(), `tokens_verified_total{issuer="${b.issuer}"} 1`, 'it was cached')
})

test('D.1 test 8: made-up issuers cause no fetch and take no memory', async (t) => {
  const [a, b] = await TWO(t)
  const evil = await domain(t)
  const { status, metrics } = await running(t, [a, b], { LOG_LEVEL: 'silent', LOG_HINTS: 'false' })
  t.strictSame([await status(a.tokenBy()), await status(b.tokenBy())], [200, 200])
  const [header, , signature] = evil.tokenBy().split('.')
  const { port } = new URL(evil.issuer)
  const encode = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')
  const made = Array.from({ length: 10_000 }, (_, number) => {
    const iss = `http://127.0.0.1:${port}/made-up-${number}/`
    return `${header}.${encode({ iss, sub: 'x', aud: ENVIRONMENT.AUTH0_AUDIENCE })}.${signature}`
  })
  let rejected = 0
  for (const token of made) rejected += Number((await status(token)) === 401)
  t.equal(rejected, 10_000)
  t.strictSame([a.asked, b.asked, evil.asked], [1, 1, 0])
  const text = await metrics()
  t.match(text, /^verified_token_cache_size 2$/m)
  t.match(text, 'refusals_total{code="issuer_mismatch"} 10000')
  t.notMatch(text, 'made-up')
  t.strictSame(
    [...text.matchAll(/^keys_known\{issuer="(.*?)"\} 1$/gm)].map(([, issuer]) => issuer),
    [a.issuer, b.issuer],
  )
})

test('the server is ready with the keys of one domain, and the log names the other', async (t) => {
  const [a, b] = await TWO(t)
  a.down = true
  const { get, event, status, metrics } = await running(t, [a, b])
  await event('keys_fetched', b)
  t.match(await event('keys_missing', a), { level: 50 })
  t.strictSame((await get('/readyz')).json(), { message: 'Ready' })
  t.equal(await status(b.tokenBy()), 200)
  t.equal(await status(a.tokenBy()), 503)
  const text = await metrics()
  for (const line of [
    `keys_known{issuer="${a.issuer}"} 0`,
    `keys_known{issuer="${b.issuer}"} 1`,
    `key_set_age_seconds{issuer="${a.issuer}"} +Inf`,
    `key_fetch_duration_seconds_count{outcome="failure",issuer="${a.issuer}"} `,
    `key_fetch_duration_seconds_count{outcome="success",issuer="${b.issuer}"} 1`,
  ]) {
    t.ok(text.includes(line), line)
  }
})

test('the server is not ready without any keys', async (t) => {
  const [a, b] = await TWO(t)
  Object.assign(a, { down: true })
  Object.assign(b, { down: true })
  const { get, event } = await running(t, [a, b])
  await Promise.all([event('keys_missing', a), event('keys_missing', b)])
  const { statusCode, body } = await get('/readyz')
  t.strictSame([statusCode, body], [503, '{"message":"Not ready: keys"}'])
})
