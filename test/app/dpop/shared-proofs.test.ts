import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { testApp } from '../../support/app.ts'
import { fakeRedis } from '../../support/fakes/redis.ts'
import { boundToken, proofFor } from '../../support/tokens/proofs.ts'

const PATH = '/probe/protected'

/** A server whose used proofs are in Redis. */
async function sharing(t: Test, url: string) {
  const environment = { DPOP: 'allowed', REDIS_URL: url }
  const { app, log } = await testApp(t, { environment })
  return {
    log,
    async call(proof = proofFor(boundToken()), authorization = `DPoP ${boundToken()}`) {
      const response = await app.inject({ url: PATH, headers: { authorization, dpop: proof } })
      const { 'retry-after': retryAfter } = response.headers
      return { status: response.statusCode, retryAfter, refusal: log.at(-1)?.['refusal'] }
    },
    warnings: () => log.filter(({ event }) => event === 'replay_store_unavailable'),
  }
}

const UNAVAILABLE = { status: 503, retryAfter: '1', refusal: 'dpop_replay_store_unavailable' }

/** Calls until Redis stores proofs again. */
async function untilShared(call: () => Promise<{ status: number }>): Promise<void> {
  for (let times = 0; times < 200; times += 1) {
    if ((await call()).status === 200) return
    await sleep(50)
  }
  throw new Error('Redis still does not store proofs')
}

test('two servers accept a proof once between them', async (t) => {
  const redis = await fakeRedis(t)
  const [one, two] = [await sharing(t, redis.url), await sharing(t, redis.url)]
  const proof = proofFor(boundToken())
  t.match(await one.call(proof), { status: 200 })
  for (const { call } of [one, two]) {
    t.match(await call(proof), { status: 401, refusal: 'dpop_replayed' })
  }
  const parallel = proofFor(boundToken())
  const calls = Array.from({ length: 20 }, (_, index) => (index % 2 ? one : two).call(parallel))
  const statuses = (await Promise.all(calls)).map(({ status }) => status)
  t.strictSame(statuses.sort(), [200, ...Array(19).fill(401)])
  t.match(await two.call(), { status: 200 })
  t.equal(redis.values.size, 3)
  for (const key of redis.values.keys()) t.match(key, /^messages-api:proof:[\w-]{22}$/)
})

test('without Redis no proof is accepted, and bearer tokens are; then proofs are again', async (t) => {
  const redis = await fakeRedis(t)
  const { call, warnings } = await sharing(t, redis.url)
  t.match(await call(), { status: 200 })
  await redis.goDown()
  t.match(await call(), UNAVAILABLE)
  t.match(await call(), UNAVAILABLE, 'without another command')
  t.match(await call('', `Bearer ${boundToken({ cnf: undefined })}`), { status: 200 })
  t.match(await call('x'), { status: 401 }, 'a bad proof is rejected all the same')
  t.equal(warnings().length, 1)
  await redis.comeUp()
  await untilShared(call)
  await redis.goDown()
  t.match(await call(), UNAVAILABLE)
  t.equal(warnings().length, 1, 'at most one a minute')
})

test('an error of Redis is logged with its code', async (t) => {
  const redis = await fakeRedis(t)
  const { call, log } = await sharing(t, redis.url)
  redis.replyWith('OOM command not allowed')
  t.match(await call(), UNAVAILABLE)
  t.match(
    log.find(({ event }) => event === 'replay_store_error'),
    { code: 'OOM' },
  )
})

test('nothing connects before the first proof', async (t) => {
  const redis = await fakeRedis(t)
  const { call } = await sharing(t, redis.url)
  t.match(await call('', `Bearer ${boundToken({ cnf: undefined })}`), { status: 200 })
  t.equal(redis.commands(), 0)
})
