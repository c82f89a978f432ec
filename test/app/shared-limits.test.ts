import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import { type Test, test } from 'tap'
import { testApp } from '../support/app.ts'
import { fakeRedis } from '../support/fake-redis.ts'
import { token } from '../support/tokens/tokens.ts'

const PATH = '/limited'
const headers = { authorization: `Bearer ${token({ sub: 'auth0|uma' })}` }

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
    call: async () => app.inject({ url: PATH, headers }),
  }
}

/** Calls until Redis counts again. */
async function untilCounted(call: () => Promise<{ headers: object }>): Promise<void> {
  for (let times = 0; times < 200; times += 1) {
    if ('ratelimit-limit' in (await call()).headers) return
    await sleep(50)
  }
  throw new Error('Requests are still not counted')
}

test('two servers count in one Redis, without names of subjects', async (t) => {
  const redis = await fakeRedis(t)
  const [one, other] = [await sharing(t, redis.url), await sharing(t, redis.url)]
  const statuses: number[] = []
  for (const { call } of [one, other, one, other, one]) statuses.push((await call()).statusCode)
  t.strictSame(statuses, [200, 200, 200, 429, 429])
  t.match((await other.call()).headers, { 'retry-after': '60', 'ratelimit-remaining': '0' })
  t.equal(redis.values.size, 1)
  for (const key of redis.values.keys()) t.match(key, /^messages-api:limit:[\w-]{43}$/)
  t.strictSame([...one.warnings(), ...other.warnings()], [])
})

test('without Redis requests are allowed, with one warning; then they are counted again', async (t) => {
  const redis = await fakeRedis(t)
  const { call, warnings } = await sharing(t, redis.url)
  await call()
  await redis.goDown()
  for (let times = 0; times < 10; times += 1) {
    const response = await call()
    t.equal(response.statusCode, 200)
    t.equal(response.headers['ratelimit-limit'], undefined)
  }
  t.match(warnings(), [{ level: 40 }])
  t.equal(warnings().length, 1)
  await redis.comeUp()
  await untilCounted(call)
  t.equal(warnings().length, 1, 'at most one a minute')
})

test('after a failover, requests are counted by the new primary', async (t) => {
  const redis = await fakeRedis(t)
  const { call, log } = await sharing(t, redis.url)
  await untilCounted(call)
  redis.failOver()
  const { statusCode, headers } = await call()
  t.match({ statusCode, limit: headers['ratelimit-limit'] }, { statusCode: 200, limit: undefined })
  t.match(
    log.find(({ event }) => event === 'limit_store_error'),
    { level: 50, code: 'READONLY' },
  )
  await untilCounted(call)
})

test('a Redis server that hangs delays a request by its time-out only', async (t) => {
  const redis = await fakeRedis(t)
  redis.hang(true)
  const { call, warnings, log } = await sharing(t, redis.url)
  const started = performance.now()
  const statuses = await Promise.all([1, 2, 3, 4, 5].map(async () => (await call()).statusCode))
  t.strictSame(statuses, [200, 200, 200, 200, 200])
  t.ok(performance.now() - started < 5_000)
  t.equal(warnings().length, 1)
  t.notOk(log.some(({ refusal }) => refusal !== undefined))
  t.ok((await call()).statusCode, 'the next request does not wait')
})

test('a server that starts without Redis allows requests, and keeps the password secret', async (t) => {
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
  t.notOk(log.some(({ event }) => event !== undefined))
})
