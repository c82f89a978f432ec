import { test } from 'tap'
import { BegunLogins } from '../../src/browser-login/sessions/begun-logins.ts'
import { storeKey } from '../../src/browser-login/sessions/encrypted-records.ts'
import { MemoryStore } from '../../src/browser-login/sessions/memory-store.ts'
import { addressRange } from '../../src/http/client-address.ts'

const TTL_MS = 1_000

/** Begun logins with room for 100. */
function begunLogins() {
  const clock = { now: 0 }
  const store = new MemoryStore(() => clock.now, 100)
  const begun = new BegunLogins(store, TTL_MS)
  return {
    clock,
    async begin(name: string, range: string) {
      await begun.admit('pending', name, range)
      await store.set(storeKey('pending', name), name, TTL_MS)
    },
    isThere: async (name: string) => (await store.get(storeKey('pending', name))) !== undefined,
  }
}

test('if there are too many in all, a network with more than its share loses its own oldest', async (t) => {
  const { begin, isThere } = begunLogins()
  await begin('the first', 'network 0')
  for (let count = 0; count < 300; count += 1) await begin(`crowd ${count}`, 'network 1')
  t.ok(await isThere('the first'), 'whatever a network of others does')
  t.notOk(await isThere('crowd 200'))
  t.ok(await isThere('crowd 201'))
  const office = Array.from({ length: 20 }, (_, index) => `person ${index}`)
  for (const person of office) await begin(person, 'network 2')
  for (const person of office)
    t.ok(await isThere(person), 'people of one network log in side by side')
  t.notOk(await isThere('the first'), 'the oldest of all went')
  await begin('one more', 'network 2')
  t.ok(await isThere('one more'))
  t.notOk(await isThere('person 0'))
})

test('those that expired do not count', async (t) => {
  const { clock, begin, isThere } = begunLogins()
  for (let count = 0; count < 100; count += 1) await begin(`early ${count}`, 'network 1')
  clock.now = TTL_MS
  for (let count = 0; count < 100; count += 1) await begin(`late ${count}`, 'network 1')
  t.ok(await isThere('late 0'))
})

test('the network of an address', (t) => {
  for (const [address, range] of [
    ['192.0.2.77', '192.0.2.0'],
    ['192.0.2.77:8080', '192.0.2.0'],
    ['::ffff:192.0.2.77', '192.0.2.0'],
    ['2001:db8:1:ff::1', '2001:db8:1::'],
    ['[2001:db8:1::2]:443', '2001:db8:1::'],
    ['nonsense', 'unknown'],
    [undefined, 'unknown'],
  ] as const) {
    t.equal(addressRange(address), range, String(address))
  }
  t.end()
})
