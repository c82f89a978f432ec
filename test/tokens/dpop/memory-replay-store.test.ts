import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'tap'
import { MemoryReplayStore } from '../../../src/tokens/dpop/memory-replay-store.ts'

const LIFETIME = 100_000
const FULL = { code: 'dpop_replay_store_full', retryAfter: 100 }

function storeWith(options: { maxEntries?: number; maxEntriesPerKey?: number } = {}) {
  const clock = { now: 1_000_000 }
  const store = new MemoryReplayStore({ lifetime: LIFETIME, now: () => clock.now, ...options })
  return { clock, store }
}

test('a proof is stored for at least as long as it is accepted', async (t) => {
  const { clock, store } = storeWith()
  t.equal(store.add('key', 'a'), true)
  t.equal(store.add('key', 'a'), false)
  t.equal(store.add('other', 'a'), true)
  t.equal(store.add('ke', 'ya'), true)
  clock.now += LIFETIME - 1
  t.equal(store.add('key', 'a'), false)
  t.equal(store.add('key', 'b'), true)
  clock.now += LIFETIME - 1
  t.equal(store.add('key', 'b'), false)
  t.equal(store.size, 4)
  clock.now += LIFETIME
  t.equal(store.add('key', 'a'), true, 'the proof itself has expired by then')
  t.equal(store.size, 1)
  clock.now += 10 * LIFETIME
  t.equal(store.add('key', 'a'), true)
  t.equal(store.size, 1)
})

test('when the share of one key is used up, others are not affected', async (t) => {
  const { clock, store } = storeWith({ maxEntriesPerKey: 10 })
  for (let index = 0; index < 10; index += 1) t.equal(store.add('key', `${index}`), true)
  t.throws(() => store.add('key', 'one more'), FULL)
  t.equal(store.add('key', '1'), false, 'a used proof is rejected all the same')
  t.equal(store.add('other', 'a'), true)
  clock.now += LIFETIME
  t.throws(() => store.add('key', 'one more'), FULL, 'the share is that of both periods')
  clock.now += LIFETIME
  t.equal(store.add('key', 'one more'), true)
})

test('a full store accepts no proof, and does not grow', async (t) => {
  const { clock, store } = storeWith({ maxEntries: 100 })
  for (let index = 0; index < 100; index += 1) store.add(`key ${index}`, 'a')
  t.throws(() => store.add('new', 'a'), FULL)
  t.equal(store.size, 100)
  clock.now += 2 * LIFETIME
  t.equal(store.add('new', 'a'), true)
})

test('a proof takes at most 100 bytes', async (t) => {
  const { store } = storeWith({ maxEntriesPerKey: 1_000_000 })
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const used = () => {
    collectGarbage()
    const { heapUsed, arrayBuffers, external } = process.memoryUsage()
    return heapUsed + arrayBuffers + external
  }
  const before = used()
  const entries = 400_000
  for (let index = 0; index < entries; index += 1) store.add('key', `jti-${index}`)
  const bytes = (used() - before) / entries
  t.comment(`${bytes.toFixed(1)} bytes`)
  t.ok(store.size === entries && bytes <= 100, `${bytes.toFixed(1)} bytes`)
})
