import { type Test, test } from 'tap'
import { testApp } from '../support/app.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { token } from '../support/tokens/tokens.ts'

/** A server that limits failed authentications, with them in Redis. */
async function sharing(t: Test, url: string) {
  const { app, log } = await testApp(t, {
    environment: { REDIS_URL: url, AUTH_FAILURES_MAX: '3' },
  })
  const call = (bearer: string) =>
    app.inject({ url: '/probe/protected', headers: { authorization: `Bearer ${bearer}` } })
  return {
    /** The response to a token that is rejected. */
    fail: () => call(token({ exp: 1 })),
    /** The response to a good token that was not used before. */
    succeed: (sub: string) => call(token({ sub })),
    warnings: () => log.filter(({ event }) => event === 'limit_store_unavailable').length,
  }
}

const statusOf = async (response: Promise<{ statusCode: number }>) => (await response).statusCode

test('failed authentications count for all processes', async (t) => {
  const redis = await fakeRedis(t)
  const [one, other] = [await sharing(t, redis.url), await sharing(t, redis.url)]
  t.equal(await statusOf(one.succeed('first')), 200)
  for (const server of [one, other, one]) t.equal(await statusOf(server.fail()), 401)
  const rejected = await other.succeed('second')
  t.equal(rejected.statusCode, 429)
  t.equal(rejected.headers['retry-after'], '60')
  const before = redis.commands()
  t.equal(await statusOf(other.fail()), 429)
  t.equal(redis.commands(), before, 'no command once the limit is known to be reached')
  t.equal(await statusOf(one.fail()), 429)
  for (const key of redis.values.keys()) t.match(key, /^messages-api:limit:[\w-]{43}$/)
})

test('while Redis is down, each process counts, and nobody is rejected for that', async (t) => {
  const redis = await fakeRedis(t)
  const [one, other] = [await sharing(t, redis.url), await sharing(t, redis.url)]
  for (const server of [one, other]) t.equal(await statusOf(server.fail()), 401)
  await redis.goDown()
  t.equal(await statusOf(one.succeed('first')), 200, 'it fails open')
  t.equal(await statusOf(one.succeed('second')), 200, 'without another command')
  for (const status of [401, 401, 429]) t.equal(await statusOf(one.fail()), status)
  t.equal(await statusOf(other.succeed('third')), 200)
  t.equal(one.warnings(), 1)
})
