import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import { type Test, test } from 'tap'
import { testApp } from '../support/app.ts'
import { token } from '../support/tokens/tokens.ts'
import { until } from '../support/until.ts'
import { redis } from './redis-server.ts'

const headers = { authorization: `Bearer ${token()}` }

/** A server with one limited route. */
async function server(
  t: Test,
  { url, size }: { readonly url: string; readonly size: () => Promise<number> },
  limit: { max: number; window: number },
) {
  const routes: FastifyPluginAsync = async (app) => {
    const config = { access: {}, limit: { ...limit, per: 'subject' } } as const
    app.get('/limited', { config }, () => ({ message: 'read' }))
  }
  const { app, log } = await testApp(t, { routes: [routes], environment: { REDIS_URL: url } })
  return {
    call: () => app.inject({ url: '/limited', headers }),
    /** Whether it counts in Redis, tried with a new subject. */
    isShared: async () => {
      const before = await size()
      const authorization = `Bearer ${token({ sub: randomUUID() })}`
      await app.inject({ url: '/limited', headers: { authorization } })
      return (await size()) > before
    },
    warnings: () => log.filter(({ event }) => event === 'limit_store_unavailable').length,
  }
}

test('two servers share a limit in a real Redis, and a window ends', async (t) => {
  const store = await redis(t)
  const limit = { max: 4, window: 3 }
  const [one, other] = [await server(t, store, limit), await server(t, store, limit)]
  await until(async () => (await one.isShared()) && (await other.isShared()))
  await until(async () => (await one.call()).statusCode === 429)
  const { statusCode, headers } = await other.call()
  t.equal(statusCode, 429)
  t.match(headers['retry-after'], /^[1-3]$/)
  await until(async () => (await other.call()).statusCode === 200)
  t.equal((await one.call()).headers['ratelimit-remaining'], '2', 'a new window')
})

test('a counter without an expiry gets one', async (t) => {
  const store = await redis(t)
  const limit = { max: 4, window: 60 }
  const [one, other] = [await server(t, store, limit), await server(t, store, limit)]
  await until(async () => (await one.isShared()) && (await other.isShared()))
  await one.call()
  await store.persistAll()
  t.match((await other.call()).headers, {
    'ratelimit-remaining': '2',
    'ratelimit-reset': /^(60|59)$/,
  })
})

test('of many calls at the same time, as many are allowed as the limit says', async (t) => {
  const store = await redis(t)
  const limit = { max: 25, window: 600 }
  const servers = [await server(t, store, limit), await server(t, store, limit)]
  for (const { isShared } of servers) await until(isShared)
  const calls = Array.from({ length: 60 }, (_, index) => servers[index % 2]?.call())
  const answers = await Promise.all(calls)
  const allowed = answers.filter((answer) => answer?.statusCode === 200)
  t.equal(allowed.length, 25)
})

test('a Redis server that hangs or ends does not stop requests', async (t) => {
  const store = await redis(t)
  const { call, isShared, warnings } = await server(t, store, { max: 1000, window: 600 })
  await until(isShared)
  const before = warnings()
  store.hang(true)
  const started = performance.now()
  const answers = await Promise.all([call(), call(), call()])
  t.strictSame(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200],
  )
  t.ok(performance.now() - started < 5_000)
  store.hang(false)
  await until(isShared)
  await store.end()
  t.equal((await call()).statusCode, 200)
  t.ok(warnings() <= before + 1, 'at most one warning a minute')
  store.begin()
  await until(isShared)
})
