import { test } from 'tap'
import { MemoryStore } from '../../src/browser-login/sessions/memory-store.ts'

test('a value is swapped only for the one that was read', async (t) => {
  const store = new MemoryStore(Date.now)
  await store.set('kind:key', 'one', 1_000)
  await store.swap('kind:key', 'other', 'two', 1_000)
  t.equal(await store.get('kind:key'), 'one')
  await store.swap('kind:key', 'one', 'two', 1_000)
  t.equal(await store.get('kind:key'), 'two')
})
