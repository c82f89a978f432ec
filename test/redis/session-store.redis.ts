import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { test } from 'tap'
import { RedisStore } from '../../src/browser-login/sessions/redis-store.ts'
import { until } from '../support/until.ts'
import { redis } from './redis-server.ts'

test('the commands of the session store, in a real Redis', async (t) => {
  const { url, size } = await redis(t)
  const [store, other] = ['one', 'other'].map(
    (deployment) => new RedisStore(url, deployment, pino({ enabled: false })),
  ) as [RedisStore, RedisStore]
  t.teardown(() => Promise.all([store.close(), other.close()]))
  await until(async () => store.ready && other.ready)

  await store.set('a:1', 'first', 60_000)
  t.equal(await other.get('a:1'), undefined, 'another deployment')
  await store.swap('a:1', 'else', 'second', 60_000)
  t.equal(await store.get('a:1'), 'first')
  await store.swap('a:1', 'first', 'second', 60_000)
  t.equal(await store.get('a:1'), 'second')
  await store.swap('a:none', 'first', 'second', 60_000)
  t.equal(await store.get('a:none'), undefined)
  await store.swap('a:1', 'second', 'third', 50)
  await until(async () => (await store.get('a:1')) === undefined)

  const add = async (member: string, ttl: number) => {
    await sleep(2) // Members are in the order of milliseconds.
    return store.addMember('s:1', member, ttl)
  }
  t.equal(await add('m1', 60_000), 1)
  t.equal(await add('m2', 60_000), 2)
  t.equal(await add('m1', 60_000), 2, 'the newest again')
  t.strictSame(await store.members('s:1'), ['m2', 'm1'])
  t.strictSame(await store.takeOldest('s:1'), ['m2'])
  await store.removeMembers('s:1', ['m1', 'none'])
  t.strictSame(await store.takeOldest('s:1'), [])
  await add('m3', 60_000)
  t.equal(await add('m4', 1), 1, 'those that expired are removed')
  await until(async () => (await size()) === 0)
})
