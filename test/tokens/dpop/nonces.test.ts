import { test } from 'tap'
import { NONCE_LIFETIME, Nonces } from '../../../src/tokens/dpop/nonces.ts'

const SECRET = 'a secret of 32 characters, at least'
const OTHER = 'another secret, with 32 characters'

test('a nonce is accepted in its window and in the next one, and by a clock that is behind', async (t) => {
  const clock = { now: 60_000 * 30_000_000 }
  const nonces = new Nonces([SECRET], () => clock.now)
  const nonce = nonces.current
  t.match(nonce, /^[\w-]{27}$/)
  const states: Record<number, string | undefined> = {
    [-60_001]: undefined,
    [-60_000]: 'current',
    0: 'current',
    59999: 'current',
    60000: 'previous',
    119999: 'previous',
    120000: undefined,
  }
  const start = clock.now
  for (const [offset, state] of Object.entries(states)) {
    clock.now = start + Number(offset)
    t.equal(nonces.stateOf(nonce), state, offset)
  }
  t.not(nonces.current, nonce)
  t.ok(NONCE_LIFETIME >= 120_000 + 60_000)
})

test('processes with the same secrets have the same nonces, and a secret can be replaced', async (t) => {
  const now = () => 1_800_000_000_000
  const [old, appended, first, removed] = [
    new Nonces([SECRET], now),
    new Nonces([SECRET, OTHER], now),
    new Nonces([OTHER, SECRET], now),
    new Nonces([OTHER], now),
  ]
  const steps = [
    [old, appended],
    [appended, first],
    [first, removed],
  ] as const
  for (const [one, next] of steps) {
    t.equal(one.stateOf(next.current), 'current')
    t.equal(next.stateOf(one.current), 'current')
  }
  t.equal(old.stateOf(removed.current), undefined)
  for (const text of ['', 'x', `${old.current} `, old.current.toLowerCase()]) {
    t.equal(old.stateOf(text), undefined)
  }
})
