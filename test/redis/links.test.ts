import { type Test, test } from 'tap'
import { checkRedis } from '../../src/doctor/check-redis.ts'
import { RedisConnection } from '../../src/redis/redis-connection.ts'
import { parseRedisUrl, redisHosts } from '../../src/redis/redis-url.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { until } from '../support/until.ts'

const hostOf = (url: string) => new URL(url).host

function connect(t: Test, url: string) {
  const events: string[] = []
  const connection = new RedisConnection({
    url,
    // For a machine that is busy. A server that hangs is noticed by the heartbeat.
    timeoutMs: 20_000,
    heartbeatMs: 50,
    onConnected: () => events.push('connected'),
    onLost: (error) => events.push((error as Error).message),
    onErrorReply: (code) => events.push(code),
  })
  t.teardown(() => connection.close())
  return { connection, events }
}

test('URLs of sentinels and clusters', (t) => {
  t.match(parseRedisUrl('rediss+sentinel://u%40:p%3A@one,[::1]:1/my-name/2?sentinelPassword=s'), {
    kind: 'sentinel',
    nodes: [
      { host: 'one', port: 26_379 },
      { host: '::1', port: 1 },
    ],
    socket: { tls: true },
    credentials: { username: 'u@', password: 'p:' },
    sentinelCredentials: { password: 's' },
    name: 'my-name',
    database: 2,
  })
  t.match(parseRedisUrl('redis+cluster://:secret@one:7000,two/'), {
    kind: 'cluster',
    nodes: [
      { host: 'one', port: 7_000 },
      { host: 'two', port: 6_379 },
    ],
    socket: { tls: false },
    credentials: { password: 'secret' },
  })
  t.match(parseRedisUrl('redis+cluster://user@one'), { credentials: { username: 'user' } })
  t.equal(redisHosts('redis+sentinel://:secret@one:1,two/name'), 'one:1,two')
  t.equal(redisHosts('redis://:secret@one:1'), 'one:1')
  for (const url of [
    'redis+sentinel://one:26379',
    'redis+sentinel://one/na me',
    'redis+sentinel://one/name/x',
    'redis+sentinel://one,,two/name',
    'redis+sentinel://one:99999/name',
    'redis+sentinel://one/name?other=1',
    'redis+sentinel://%zz@one/name',
    'redis+cluster://one/0',
    'redis+cluster://one?sentinelPassword=x',
    `redis+cluster://${Array.from({ length: 33 }, () => 'one').join()}`,
    'redis+other://one/name',
    'redis://',
    'redis://host/name',
  ]) {
    t.equal(parseRedisUrl(url), undefined, url)
  }
  t.end()
})

test('the primary that sentinels name is used, and another one after a failover', async (t) => {
  const [down, sentinel] = [await fakeRedis(t), await fakeRedis(t)]
  const [first, second] = [await fakeRedis(t), await fakeRedis(t)]
  await down.goDown()
  sentinel.name(first.url)
  const url = `redis+sentinel://${hostOf(down.url)},${hostOf(sentinel.url)}/name/1`
  const { connection, events } = connect(t, url)
  await connection.run((client) => client.set('key', 'one'))
  t.equal(first.values.get('key'), 'one')

  await first.goDown()
  await until(async () => !connection.ready)
  second.setRole('slave')
  sentinel.name(second.url)
  const before = second.commands()
  await until(async () => second.commands() > before + 5)
  t.notOk(connection.ready, 'a server that is not the primary yet is not used')
  second.setRole('master')
  await until(async () => connection.ready)
  await connection.run((client) => client.set('key', 'two'))
  t.equal(second.values.get('key'), 'two')
  t.equal(events.at(0), 'connected')
  t.equal(events.at(-1), 'connected')
  second.replyWith('OOM no memory')
  await t.rejects(connection.run((client) => client.get('key')))
  t.ok(events.includes('OOM'))
})

test('sentinels that do not name a primary, or do not reply', async (t) => {
  const sentinel = await fakeRedis(t)
  const primary = await fakeRedis(t)
  const url = `redis+sentinel://${hostOf(sentinel.url)}/name`
  const { connection, events } = connect(t, url)
  await t.rejects(connection.run((client) => client.get('key')))
  t.match(events, [/No sentinel names the primary name \(127\.0\.0\.1:\d+ does not know it\)/])
  t.match(await checkRedis(url), [{ hint: /Check REDIS_URL/ }])
  sentinel.hang(true)
  await t.rejects(connection.run((client) => client.get('key')))
  sentinel.hang(false)
  sentinel.name(primary.url)
  await until(async () => connection.ready)
  t.match(await checkRedis(url), [{ found: `${hostOf(sentinel.url)} answers` }])
})

test('a connection to sentinels that is closed while it is made', async (t) => {
  const [sentinel, primary] = [await fakeRedis(t), await fakeRedis(t)]
  sentinel.name(primary.url)
  const { connection } = connect(t, `redis+sentinel://${hostOf(sentinel.url)}/name`)
  connection.close()
  await until(async () => sentinel.commands() > 0 && sentinel.connections() === 0)
  t.equal(primary.commands(), 0)
  t.notOk(connection.ready)
})

test('a connection to sentinels that is closed while they do not reply', async (t) => {
  const sentinel = await fakeRedis(t)
  sentinel.hang(true)
  const { connection, events } = connect(t, `redis+sentinel://${hostOf(sentinel.url)}/name`)
  await until(async () => sentinel.commands() > 0)
  connection.close()
  await until(async () => sentinel.connections() === 0)
  t.strictSame(events, [], 'what fails after the end is not reported')
})

test('a cluster is found by any of its nodes, and again after an outage', async (t) => {
  const node = await fakeRedis(t)
  await node.goDown()
  const { connection, events } = connect(t, `redis+cluster://${hostOf(node.url)}`)
  await t.rejects(connection.run((client) => client.get('key')))
  t.equal(events.length, 1)
  await node.comeUp()
  await until(async () => connection.ready)
  await connection.run((client) => client.set('key', 'one'))
  t.equal(await connection.run((client) => client.del(['key', 'other'])), 1)

  node.replyWith('OOM no memory')
  await t.rejects(connection.run((client) => client.get('key')))
  t.ok(events.includes('OOM'))
  node.replyWith(undefined)

  await node.goDown()
  await until(async () => !connection.ready)
  await node.comeUp()
  await until(async () => connection.ready)
  t.equal(events.filter((event) => event === 'connected').length, 2)
  node.hang(true)
  await until(async () => !connection.ready)
  node.hang(false)
  await until(async () => connection.ready)
})

test('a connection to a cluster that is closed while it is made', async (t) => {
  const node = await fakeRedis(t)
  await node.goDown()
  const { connection, events } = connect(t, `redis+cluster://${hostOf(node.url)}`)
  connection.close()
  await until(async () => events.length > 0)
  t.notOk(connection.ready)
})

test('a cluster that is down when the connection is closed', async (t) => {
  const node = await fakeRedis(t)
  await node.goDown()
  const { connection, events } = connect(t, `redis+cluster://${hostOf(node.url)}`)
  await until(async () => events.length > 0)
  connection.close()
  await node.comeUp()
  t.equal(node.commands(), 0)
})
