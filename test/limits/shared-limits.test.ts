import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import { type Test, test } from 'tap'
import { testApp } from '../support/app.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { freePort } from '../support/process.ts'
import { token } from '../support/tokens/tokens.ts'

const PATH = '/limited'
const bearer = (sub: string) => ({ authorization: `Bearer ${token({ sub })}` })

const routes: FastifyPluginAsync[] = [
  async (app) => {
    const limit = { max: 3, window: 60, per: 'subject' } as const
    app.get(PATH, { config: { access: {}, limit } }, () => ({ message: 'read' }))
  },
]

/** A server whose limits are in Redis. */
async function sharing(t: Test, url: string) {
  const { app, log } = await testApp(t, { routes, environment: { REDIS_URL: url } })
  return {
    app,
    warnings: () => log.filter(({ event }) => event === 'limit_store_unavailable'),
    log,
    call: async (sub = 'auth0|uma') => app.inject({ url: PATH, headers: bearer(sub) }),
  }
}

/** Calls until Redis counts again. */
async function untilShared(
  call: (sub: string) => Promise<unknown>,
  { values }: { readonly values: ReadonlyMap<string, unknown> },
): Promise<void> {
  const before = values.size
  for (let times = 0; times < 200; times += 1) {
    await call(`auth0|${times}`)
    if (values.size > before) return
    await sleep(50)
  }
  throw new Error('Redis still does not count')
}

test('two servers count in one Redis, without names of subjects', async (t) => {
  const redis = await fakeRedis(t)
  const [one, other] = [await sharing(t, redis.url), await sharing(t, redis.url)]
  const statuses: number[] = []
  for (const { call } of [one, other, one, other, one]) statuses.push((await call()).statusCode)
  t.strictSame(statuses, [200, 200, 200, 429, 429])
  t.match((await other.call()).headers, { 'retry-after': '60', 'ratelimit-remaining': '0' })
  t.strictSame(
    [...redis.values.values()],
    ['4'],
    'no command once the limit is known to be reached',
  )
  for (const key of redis.values.keys()) t.match(key, /^messages-api:limit:[\w-]{43}$/)
  t.strictSame([...one.warnings(), ...other.warnings()], [])
})

test('without Redis each process counts, with one warning; then Redis counts again', async (t) => {
  const redis = await fakeRedis(t)
  const { call, warnings } = await sharing(t, redis.url)
  await call()
  await redis.goDown()
  const statuses: number[] = []
  for (let times = 0; times < 4; times += 1) statuses.push((await call()).statusCode)
  t.strictSame(statuses, [200, 200, 429, 429], 'with the request that Redis counted')
  t.match((await call()).headers, { 'retry-after': '60', 'ratelimit-limit': '3' })
  t.match(warnings(), [{ level: 40 }])
  t.equal(warnings().length, 1)
  await redis.comeUp()
  await untilShared(call, redis)
  t.equal(warnings().length, 1, 'at most one a minute')
})

test('the log says why there is no connection to Redis', async (t) => {
  const { call, warnings } = await sharing(t, `redis://127.0.0.1:${await freePort()}`)
  t.equal((await call()).statusCode, 200)
  t.match(warnings(), [{ err: { message: /^connect ECONNREFUSED/ } }])
})

test('what other processes counted holds while Redis is down', async (t) => {
  const redis = await fakeRedis(t)
  const [one, other] = [await sharing(t, redis.url), await sharing(t, redis.url)]
  for (const { call } of [one, one, other]) await call()
  await redis.goDown()
  t.equal((await other.call()).statusCode, 429)
})

test('a flood of one client is limited, however slow Redis is', async (t) => {
  const redis = await fakeRedis(t)
  const { call, warnings } = await sharing(t, redis.url)
  redis.hang(true)
  const answers = await Promise.all(Array.from({ length: 500 }, () => call()))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 3)
  t.equal(answers.filter(({ statusCode }) => statusCode === 429).length, 497)
  t.equal(warnings().length, 1)
})

test('after a failover, requests are counted by the new primary', async (t) => {
  const redis = await fakeRedis(t)
  const { call, log } = await sharing(t, redis.url)
  await untilShared(call, redis)
  redis.failOver()
  t.equal((await call()).statusCode, 200)
  t.match(
    log.find(({ event }) => event === 'limit_store_error'),
    { level: 50, code: 'READONLY' },
  )
  await untilShared(call, redis)
})

test('a Redis server that hangs delays a request by its time-out only', async (t) => {
  const redis = await fakeRedis(t)
  redis.hang(true)
  const { call, warnings, log } = await sharing(t, redis.url)
  const started = performance.now()
  const statuses = await Promise.all([1, 2, 3].map(async () => (await call()).statusCode))
  t.strictSame(statuses, [200, 200, 200])
  t.ok(performance.now() - started < 5_000)
  t.equal(warnings().length, 1)
  t.notOk(log.some(({ refusal }) => refusal !== undefined))
  t.equal((await call('auth0|other')).statusCode, 200, 'the next request does not wait')
})

test('a server that starts without Redis counts in memory, and keeps the password secret', async (t) => {
  const redis = await fakeRedis(t)
  await redis.goDown()
  const url = redis.url.replace('//', '//user:PLANTED@')
  const { app, call, warnings, log } = await sharing(t, url)
  t.equal((await call()).statusCode, 200)
  t.equal(warnings().length, 1)
  t.notMatch(JSON.stringify([log, app.config]), /PLANTED/)
})

test('a server whose routes have no limit does not connect', async (t) => {
  const { app, log } = await testApp(t, { environment: { REDIS_URL: 'redis://127.0.0.1:1' } })
  t.equal((await app.inject('/probe/public')).statusCode, 200)
  t.strictSame(
    log.flatMap(({ event }) => event ?? []),
    ['request'],
  )
})
