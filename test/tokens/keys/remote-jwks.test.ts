import type { RequestListener, ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, constants } from 'node:zlib'
import { type Test, test } from 'tap'
import {
  type KeyEvent,
  RemoteJwks,
  type RemoteJwksOptions,
} from '../../../src/tokens/keys/remote-jwks.ts'
import { serve } from '../../support/process.ts'
import { KEY, newKey } from '../../support/tokens/keys.ts'

const NEXT = newKey('RS256', 'next')
const jwks = (...keys: unknown[]) => JSON.stringify({ keys })
const GOOD = jwks(KEY.jwk)
const answer =
  (body: string | Buffer, status = 200) =>
  (_: unknown, response: ServerResponse) =>
    void response.writeHead(status).end(body)

/** A key set on loopback that answers as it is told, keys that are fetched from it, and a clock. */
async function remote(t: Test, options: Partial<RemoteJwksOptions> = {}) {
  const tenant = { answer: answer(GOOD) as RequestListener, asked: 0 }
  const url = await serve(t, (request, response) => {
    tenant.asked += 1
    tenant.answer(request, response)
  })
  const clock = { ms: 0 }
  const events: KeyEvent[] = []
  const waiting: (() => void)[] = []
  const keys = new RemoteJwks({
    url,
    algorithms: ['RS256'],
    now: () => clock.ms,
    maxAge: 10 * 60_000,
    staleIfError: 24 * 60 * 60_000,
    timeout: 10_000,
    retryDelay: 1_000_000,
    ...options,
    onEvent(event) {
      events.push(event)
      for (const resolve of waiting.splice(0)) resolve()
    },
  })
  t.teardown(() => keys.stop())
  return {
    tenant,
    clock,
    events,
    keys,
    /** The next thing that happens to the key set. */
    event: () => new Promise<void>((resolve) => waiting.push(resolve)),
    find: async (kid: string) => keys.keysFor({ alg: 'RS256', kid }),
  }
}

const unavailable = { name: 'KeysUnavailableError' }

test('one fetch serves all who wait for it, and all who come after', async (t) => {
  const { tenant, find } = await remote(t)
  await Promise.all(Array.from({ length: 100 }, () => find('current')))
  await find('current')
  t.equal(tenant.asked, 1)
})

test('a known key is had at once, while a fetch hangs', async (t) => {
  const { tenant, clock, keys, find } = await remote(t, { timeout: 1_000 })
  await find('current')
  tenant.answer = () => {}
  clock.ms += 30_000
  const hanging = find('next')
  t.ok(Array.isArray(keys.keysFor({ alg: 'RS256', kid: 'current' })), 'no promise, no wait')
  await t.rejects(hanging, unavailable)
})

test('an unknown key id causes one fetch per cooldown, counted from the last attempt', async (t) => {
  const { tenant, clock, find } = await remote(t)
  await find('current')
  const flood = () =>
    Promise.allSettled(Array.from({ length: 10_000 }, (_, i) => find(`made-up-${i}`)))
  await flood()
  t.equal(tenant.asked, 1, 'the first fetch was just now')
  clock.ms += 30_000
  const refused = await flood()
  t.equal(tenant.asked, 2)
  t.ok(refused.every((found) => Object(found).value?.length === 0))
  t.strictSame(await find('made-up'), [])

  tenant.answer = answer('', 500)
  clock.ms += 30_000
  await t.rejects(find('made-up'), { ...unavailable, retryAfter: 30 })
  clock.ms += 29_000
  await t.rejects(find('made-up'), { ...unavailable, retryAfter: 1 })
  t.equal(tenant.asked, 3, 'a failed attempt counts')
  await t.resolves(find('current'))
})

test('a rotation is picked up at the first token with the new key', async (t) => {
  const { tenant, clock, find, keys, events } = await remote(t)
  const [old] = await find('current')
  tenant.answer = answer(jwks(KEY.jwk, NEXT.jwk))
  clock.ms += 30_000
  t.match(await find('next'), [{ kid: 'next' }])
  t.ok(old && keys.isCurrent(old), 'a key that stays is the same object')
  t.match(events, [{ rotated: false }, { rotated: true, keys: ['current', 'next'] }])
  t.equal(events.length, 2, 'the first fetch is not a rotation')

  tenant.answer = answer(jwks(NEXT.jwk))
  clock.ms += 30_000
  t.strictSame(await find('made-up'), [])
  t.strictSame(await find('current'), [], 'withdrawn')
  t.notOk(old && keys.isCurrent(old))
  t.match(events.at(-1), { rotated: true, keys: ['next'] })
})

const MISBEHAVIOUR: Record<string, RequestListener> = {
  hanging: () => {},
  '500': answer('oops', 500),
  '404': answer(GOOD, 404),
  '204': (_, response) => void response.writeHead(204).end(),
  HTML: answer('<!doctype html>'),
  'truncated JSON': answer(GOOD.slice(0, -10)),
  'a body that breaks off': (_, response) => {
    response.writeHead(200, { 'content-length': 10_000 })
    response.write(GOOD, () => response.destroy())
  },
  'no JSON object': answer('null'),
  'no array of keys': answer('{"keys":{}}'),
  'an empty set': answer(jwks()),
  'no usable key': answer(jwks({ kty: 'oct', k: 'AAAA' })),
  '50 MB': answer(`{"keys":[${' '.repeat(50 * 1024 * 1024)}]}`),
  'a compression bomb': (_, response) => {
    // The default quality takes seconds, in which the other cases time out.
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1 }
    const bomb = brotliCompressSync(Buffer.alloc(50 * 1024 * 1024, ' '), { params })
    response.writeHead(200, { 'content-encoding': 'br' }).end(bomb)
  },
  'a redirect': (_, response) => void response.writeHead(302, { location: '/other' }).end(GOOD),
  'a redirect loop': ({ url }, response) => void response.writeHead(307, { location: url }).end(),
  'a reset': ({ socket }) => void socket.resetAndDestroy(),
  'one byte at a time': (_, response) => {
    response.writeHead(200)
    const drip = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(drip))
  },
}

test('whatever the tenant does, known keys serve, others are 503, and it recovers', async (t) => {
  // Side by side, since some wait for a time-out.
  t.jobs = 4
  for (const [name, misbehave] of Object.entries(MISBEHAVIOUR)) {
    t.test(name, { buffered: true }, async (t) => {
      const hangs = name === 'hanging' || name === 'one byte at a time'
      const { tenant, clock, find, events } = await remote(t, hangs ? { timeout: 5_000 } : {})
      tenant.answer = misbehave
      await t.rejects(find('current'), unavailable, 'from the start')
      t.match(events, [{ event: 'keys_fetch_failed', error: Error }])
      clock.ms += 30_000
      tenant.answer = answer(GOOD)
      await t.resolves(find('current'), 'then up')

      clock.ms += 30_000
      tenant.answer = misbehave
      await t.rejects(find('next'), unavailable, 'and down again')
      await t.resolves(find('current'))
      clock.ms += 30_000
      tenant.answer = answer(jwks(KEY.jwk, NEXT.jwk))
      await t.resolves(find('next'))
    })
  }
})

test('the time-out holds if garbage is collected while the body arrives', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { tenant, find } = await remote(t, { timeout: 500 })
  tenant.answer = (_, response) => {
    response.writeHead(200)
    const drip = setInterval(() => {
      response.write(' ')
      collect()
    }, 20)
    response.on('close', () => clearInterval(drip))
  }
  await t.rejects(find('current'), unavailable)
})

test('stale keys serve for as long as was said, and no longer', async (t) => {
  const { tenant, clock, find, keys } = await remote(t, { staleIfError: 3_600_000 })
  const [key] = await find('current')
  tenant.answer = answer('', 503)
  clock.ms = 3_599_999
  await t.resolves(find('current'))
  t.strictSame([keys.ready, keys.size], [true, 1])
  clock.ms = 3_600_000
  await t.rejects(find('current'), unavailable)
  t.notOk(key && keys.isCurrent(key), 'nor do tokens that were remembered')
  t.strictSame([keys.ready, keys.size], [false, 0])
})

test('loaded ahead, refreshed ahead of its age, and retried after failures, all in the background', async (t) => {
  const { tenant, keys, event, events } = await remote(t, { maxAge: 20, retryDelay: 5 })
  tenant.answer = answer('', 500)
  keys.start()
  for (let failures = 0; failures < 3; failures++) await event()
  t.match(
    events.map(({ event }) => event),
    Array(3).fill('keys_fetch_failed'),
  )
  t.notOk(keys.ready)
  tenant.answer = answer(GOOD)
  await event()
  t.ok(keys.ready)
  await event()
  t.match(events.at(-1), { event: 'keys_fetched', rotated: false, keys: ['current'], unusable: [] })
})

test('stopped in the middle of a fetch, it stays stopped', async (t) => {
  const { tenant, keys, event } = await remote(t, { maxAge: 1 })
  const arrived = new Promise<ServerResponse>((resolve) => {
    tenant.answer = (_, response) => resolve(response)
  })
  keys.start()
  const response = await arrived
  keys.stop()
  const ended = event()
  response.end(GOOD)
  await ended
  const other = await remote(t, { maxAge: 1 })
  other.keys.start()
  for (let fetches = 0; fetches < 5; fetches++) await other.event()
  t.equal(tenant.asked, 1, 'while another one has fetched five times')
})

test('keys that were left out are told of, and do not spoil the rest', async (t) => {
  const { tenant, find, events } = await remote(t)
  tenant.answer = answer(jwks({ kty: 'oct', kid: 'secret' }, null, KEY.jwk))
  await t.resolves(find('current'))
  t.match(events, [
    {
      unusable: [
        { kid: 'secret', reason: 'symmetric or private key' },
        { kid: undefined, reason: String },
      ],
    },
  ])
})

test('what is known of the keys, and a fetch on request', async (t) => {
  const { tenant, clock, keys } = await remote(t)
  t.strictSame(keys.known, { keys: [], age: null, nextFetch: Number.POSITIVE_INFINITY })
  t.equal(await keys.refresh(), true)
  clock.ms += 5_000
  const first = { kid: 'current', since: clock.ms - 5_000 }
  t.match(keys.known, { keys: [first], age: 5 })
  t.ok(keys.known.nextFetch >= 400 && keys.known.nextFetch <= 535, 'before the maximum age')
  tenant.answer = answer(jwks(NEXT.jwk, KEY.jwk))
  t.equal(await keys.refresh(), true)
  const both = [{ kid: 'next', since: clock.ms }, first]
  clock.ms += 2_000
  t.strictSame(keys.known.keys, both, 'each since it was fetched first')
  tenant.answer = answer('', 503)
  t.equal(await keys.refresh(), false)
  t.strictSame(keys.known.keys, both, 'the keys stay in use')
})
