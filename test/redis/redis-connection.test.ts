import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { RedisConnection } from '../../src/redis/redis-connection.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { until } from '../support/until.ts'

async function connection(t: Test, heartbeatMs: number) {
  const redis = await fakeRedis(t)
  const events: string[] = []
  const connection = new RedisConnection({
    url: redis.url,
    timeoutMs: 2_000,
    heartbeatMs,
    onConnected: () => events.push('connected'),
    onLost: (error) => events.push((error as Error).message),
  })
  t.teardown(() => connection.close())
  await until(async () => connection.ready)
  return { redis, connection, events }
}

test('a Redis server that hangs is noticed without requests, and so is its recovery', async (t) => {
  const { redis, connection: one, events } = await connection(t, 50)
  redis.hang(true)
  await until(async () => !one.ready)
  const connections = redis.commands()
  await until(async () => redis.commands() > connections + 1)
  t.notOk(one.ready, 'a new connection has no reply either, and is made again')
  redis.hang(false)
  await until(async () => one.ready)
  t.strictSame(events, ['connected', 'Redis does not reply', 'connected'])
  t.ok(one.failures > 0)
})

test('commands without a reply are bounded', async (t) => {
  const { redis, connection: one } = await connection(t, 60_000)
  redis.hang(true)
  const value = 'x'.repeat(3_000)
  const commands = Array.from({ length: 5_000 }, () => one.run((client) => client.set('k', value)))
  const ended = Promise.allSettled(commands)
  const early = commands.slice(1_000).map((command) => command.then(Boolean, () => 'rejected'))
  t.equal(await Promise.race([...early.slice(-1), sleep(1_000)]), 'rejected', 'at once')
  t.ok(one.pending <= 1_001)
  await ended
  t.equal(one.pending, 0)
  await t.rejects(one.run((client) => client.get('k')))
})

test('a pause of this process is not taken for a hang', async (t) => {
  const { connection: one, events } = await connection(t, 60_000)
  const found = one.run((client) => client.get('k'))
  await new Promise((resolve) => setImmediate(resolve))
  const until = performance.now() + 2_500
  while (performance.now() < until);
  t.equal(await found, null)
  t.strictSame(events, ['connected'])
})

test('while Redis is down, it is not asked', async (t) => {
  const { redis, connection: one, events } = await connection(t, 10)
  await redis.goDown()
  await until(async () => !one.ready)
  await redis.comeUp()
  await until(async () => one.ready)
  t.equal(events.length, 3, 'connected, lost, connected')
})
