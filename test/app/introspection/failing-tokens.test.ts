import type { ServerResponse } from 'node:http'
import { test } from 'tap'
import { activeNow, type Call, endpoint, introspectingApp, JSON_TYPE } from './endpoint.ts'

const PROTECTED = '/probe/protected'

/** An answer that fails for all tokens that begin with `bad`. */
const failing = (status: number) => (response: ServerResponse, call: Call) => {
  const isBad = call.form.get('token')?.startsWith('bad')
  response.writeHead(isBad ? status : 200, JSON_TYPE)
  response.end('{"active":false}')
}

const reasonsIn = (events: readonly { event: string }[]) =>
  events.flatMap((event) => ('reason' in event ? [event.reason] : []))

test('a token that the endpoint does not like is 503 for 5 s without another call', async (t) => {
  const issuer = await endpoint(t)
  const { call, events, clock } = await introspectingApp(t, issuer)
  issuer.answer = failing(400)
  for (const [ms, wait] of [
    [0, '5'],
    [0, '5'],
    [3_500, '2'],
    [4_999, '1'],
  ] as const) {
    clock.ms = ms
    const { status, message, headers } = await call(PROTECTED, 'bad')
    t.strictSame([status, message], [503, 'Unable to verify credentials'])
    t.equal(headers['retry-after'], wait)
  }
  t.equal(issuer.calls.length, 1)
  t.strictSame(reasonsIn(events), ['token', 'token', 'token'])
  issuer.answer = activeNow()
  clock.ms = 5_000
  t.equal((await call(PROTECTED, 'bad')).status, 200)
})

test('so is one for which the endpoint fails, once a probe says that it works', async (t) => {
  const issuer = await endpoint(t)
  const { status, clock, events } = await introspectingApp(t, issuer)
  const callsFor = (token: string) =>
    issuer.calls.filter(({ form }) => form.get('token') === token).length
  issuer.answer = failing(500)
  for (let index = 0; index < 8; index += 1) {
    for (const _ of [1, 2]) t.equal(await status(`bad-${index}`), 503)
  }
  t.strictSame(
    [0, 1, 2, 3, 4, 5, 6, 7].map((index) => callsFor(`bad-${index}`)),
    [2, 2, 1, 1, 1, 1, 1, 1],
    'the fifth failure leads to the probe',
  )
  t.strictSame(new Set(reasonsIn(events)), new Set(['token']))
  clock.ms = 5_000
  await status('bad-7')
  t.equal(callsFor('bad-7'), 2)
})

test('a failure of the endpoint itself is kept for no token', async (t) => {
  const issuer = await endpoint(t)
  const { status, clock } = await introspectingApp(t, issuer)
  issuer.answer = (response: ServerResponse) => response.writeHead(500).end()
  for (const _ of [1, 2, 3, 4, 5, 6]) t.equal(await status('good'), 503)
  issuer.answer = activeNow()
  clock.ms = 1_000
  t.equal(await status('good'), 200)
})

test('AUTH_FAILURES_MAX counts tokens that make the endpoint fail, and not its own failures', async (t) => {
  const cases: [name: string, answer: ReturnType<typeof failing>, statuses: number[]][] = [
    ['400', failing(400), [503, 503, 503, 429, 429, 429, 429, 429]],
    ['500', failing(500), [503, 503, 503, 503, 503, 503, 503, 429]],
    ['an outage', (r) => r.writeHead(500).end(), [503, 503, 503, 503, 503, 503, 503, 503]],
  ]
  for (const [name, answer, statuses] of cases) {
    const issuer = await endpoint(t)
    const { app } = await introspectingApp(
      t,
      issuer,
      {},
      { AUTH_FAILURES_MAX: '3', TRUST_PROXY: 'loopback' },
    )
    const get = async (token: string, address: string) => {
      const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': address }
      return (await app.inject({ url: PROTECTED, headers })).statusCode
    }
    issuer.answer = answer
    const found: number[] = []
    for (const index of statuses.keys()) found.push(await get(`bad-${index}`, '192.0.2.1'))
    t.strictSame(found, statuses, name)
    issuer.answer = activeNow()
    if (name !== 'an outage') t.equal(await get('good', '192.0.2.2'), 200, 'no other address')
  }
})
