import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { RedisStore } from '../../src/browser-login/sessions/redis-store.ts'
import { RedisConnection } from '../../src/redis/redis-connection.ts'
import { testApp } from '../support/app.ts'
import { freePort } from '../support/process.ts'
import { token } from '../support/tokens/tokens.ts'
import { until } from '../support/until.ts'
import { redis } from './redis-server.ts'

const run = promisify(execFile)

/** Three primaries that share the slots, and a replica of each if `replicas` is 1. */
async function cluster(t: Test, replicas: 0 | 1) {
  const count = 3 * (1 + replicas)
  const names = Array.from({ length: count }, (_, index) => `node-${index}`)
  const directory = t.testdir(Object.fromEntries(names.map((name) => [name, {}])))
  const servers = await Promise.all(
    names.map(async (name) => {
      const bus = ['--cluster-port', String(await freePort()), '--cluster-node-timeout', '1000']
      bus.push('--repl-diskless-sync-delay', '0')
      return redis(t, ['--cluster-enabled', 'yes', ...bus, '--dir', `${directory}/${name}`])
    }),
  )
  for (const { send } of servers) {
    await until(async () => (await send('PING').catch(() => '')) === 'PONG')
  }
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`)
  const options = ['--cluster-replicas', String(replicas), '--cluster-yes']
  await run('redis-cli', ['--cluster', 'create', ...hosts, ...options])
  for (const { send } of servers) {
    await until(async () => /cluster_state:ok/.test(String(await send('CLUSTER', 'INFO'))))
  }
  for (const { send } of servers.slice(0, 3)) {
    const isOnline = async () => /state=online/.test(String(await send('INFO', 'replication')))
    if (replicas > 0) await until(isOnline)
  }
  return { servers, url: `redis+cluster://${hosts.join(',')}` }
}

test('sessions, replays and limits work with a real cluster', async (t) => {
  const { servers, url } = await cluster(t, 0)
  const log = { info: () => {}, error: () => {}, warn: () => {} }
  const store = new RedisStore(url, 'deployment', log as never)
  t.teardown(() => store.close())
  await until(async () => store.ready)
  const keys = Array.from({ length: 30 }, (_, index) => `kind:${index}`)
  for (const key of keys) await store.set(key, 'value', 60_000)
  t.notOk(await store.add('kind:1', 'other', 60_000))
  t.ok(await store.replace('kind:1', 'other', 60_000))
  await store.swap('kind:2', 'value', 'swapped', 60_000)
  t.equal(await store.get('kind:2'), 'swapped')
  t.equal(await store.take('kind:3'), 'value')
  await store.touch('kind:4', 60_000)
  t.equal(await store.addMember('set:1', 'a', 60_000), 1)
  t.equal(await store.addMember('set:1', 'b', 60_000), 2)
  t.strictSame(await store.members('set:1'), ['a', 'b'])
  t.strictSame(await store.takeOldest('set:1'), ['a'])
  await store.removeMembers('set:1', ['b'])
  const sizes = await Promise.all(servers.map(({ size }) => size()))
  t.ok(
    sizes.every((size) => size > 0),
    'the keys are on all nodes',
  )
  await store.delete(keys)
  t.equal(await store.get('kind:2'), undefined)

  const environment = { REDIS_URL: url, AUTH_FAILURES_MAX: '3' }
  const [one, other] = [await testApp(t, { environment }), await testApp(t, { environment })]
  const headers = { authorization: `Bearer ${token({ exp: 1 })}` }
  const fail = async ({ app }: typeof one) =>
    (await app.inject({ url: '/probe/protected', headers })).statusCode
  for (const server of [one, other, one]) t.equal(await fail(server), 401)
  t.equal(await fail(other), 429)
})

test('a node of a cluster ends, and its replica takes its place', async (t) => {
  const { servers, url } = await cluster(t, 1)
  const connection = new RedisConnection({ url, timeoutMs: 2_000 })
  t.teardown(() => connection.close())
  await until(async () => connection.ready)
  const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`)
  const setAll = () =>
    Promise.all(keys.map((key) => connection.run((client) => client.set(key, 'value')))).then(
      () => true,
      () => false,
    )
  t.ok(await setAll())
  await servers[0]?.end()
  t.notOk(await setAll())
  await until(setAll)
  await until(async () => connection.ready)
})
