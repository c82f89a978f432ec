import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { type Test, test } from 'tap'
import type { IntrospectionEvent } from '../../../src/tokens/introspection/introspection-event.ts'
import {
  activeNow,
  type Call,
  endpoint,
  introspectingApp,
  JSON_TYPE,
  outcomeOf,
  type Respond,
  verifierFor,
} from './endpoint.ts'

/** The form of the tokens that the server makes up. */
const MADE_UP = /^[\w-]{43}$/

const isProbe = ({ form }: Call) => MADE_UP.test(String(form.get('token')))
const changesIn = (events: readonly IntrospectionEvent[]) =>
  events.flatMap((event) => (event.event === 'introspection_circuit' ? [event.openFor] : []))

/** An endpoint that works, but fails for each token that begins with `bad`, in a way that a test chooses. */
async function endpointWithBadTokens(t: Test, fails: Respond) {
  const issuer = await endpoint(t)
  issuer.answer = (response: ServerResponse, call: Call) => {
    const token = String(call.form.get('token'))
    if (token.startsWith('bad')) return fails(response)
    return response
      .writeHead(200, JSON_TYPE)
      .end(JSON.stringify(issuer.tokens.get(token) ?? INACTIVE))
  }
  return issuer
}

const INACTIVE = { active: false }

test('tokens for which the endpoint fails are 503, and other clients are served', async (t) => {
  const ways: [name: string, fails: Respond][] = [
    ['a firewall', (r) => r.writeHead(403).end()],
    ['401', (r) => r.writeHead(401).end()],
    ['a fault of the endpoint', (r) => r.writeHead(500).end()],
    ['a page', (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>Blocked</p>')],
    ['a firewall that resets connections', (r) => r.destroy()],
  ]
  for (const [name, fails] of ways) {
    const issuer = await endpointWithBadTokens(t, fails)
    const { status, verifier, events, clock } = await introspectingApp(t, issuer)
    issuer.tokens.set('good', activeNow())
    issuer.tokens.set('later', activeNow())
    for (let index = 0; index < 20; index += 1) t.equal(await status(`bad-${index}`), 503, name)
    t.notOk(verifier.isCircuitOpen)
    t.equal(issuer.calls.filter(isProbe).length, 1, 'one probe within a second')
    t.equal(await status('good'), 200)
    for (let index = 20; index < 40; index += 1) {
      clock.ms += 500
      t.equal(await status(`bad-${index}`), 503, name)
    }
    t.ok(issuer.calls.filter(isProbe).length <= 11, 'at most one a second')
    t.equal(await status('later'), 200)
    t.equal(await status('unknown'), 401)
    t.strictSame(changesIn(events), [], 'no line in the log says that the endpoint does not work')
  }
})

test('an endpoint that answers 400 to the made-up token works', async (t) => {
  const issuer = await endpointWithBadTokens(t, (r) => r.writeHead(500).end())
  const { answer } = issuer
  issuer.answer = (response: ServerResponse, call: Call) =>
    isProbe(call)
      ? response.writeHead(400).end()
      : (answer as (...all: unknown[]) => unknown)(response, call)
  const { verifier } = verifierFor(issuer.url, { ms: 0 })
  for (let index = 0; index < 10; index += 1) await outcomeOf(verifier.verify(`bad-${index}`))
  t.notOk(verifier.isCircuitOpen)
})

test('the circuit opens after five failures and a failed probe, for 1 s, then twice as long up to 30 s', async (t) => {
  const issuer = await endpoint(t)
  const clock = { ms: 0 }
  const { verifier, events } = verifierFor(issuer.url, clock)
  const next = () => outcomeOf(verifier.verify(randomUUID()))
  const waitOf = (token: string) =>
    verifier.verify(token).catch(({ retryAfter, cause }) => [retryAfter, cause.name])
  const fails = (response: ServerResponse) => response.writeHead(500).end()
  issuer.answer = fails
  for (const _ of [1, 2, 3, 4]) await next()
  issuer.answer = INACTIVE
  t.equal(await next(), 'token_inactive', 'one that works starts the count again')
  issuer.answer = fails
  for (const _ of [1, 2, 3, 4]) t.equal(await next(), 'introspection_unavailable')
  t.notOk(verifier.isCircuitOpen)
  t.equal(issuer.calls.filter(isProbe).length, 0)
  await next()
  t.ok(verifier.isCircuitOpen)
  const calls = issuer.calls.length
  for (const open of [1, 2, 4, 8, 16, 30, 30]) {
    clock.ms += open * 1000 - 1
    t.strictSame(await waitOf('x'), [1, 'CircuitOpenError'])
    t.match(events.at(-1), { event: 'introspection_skipped', reason: 'circuit_open' })
    clock.ms += 1
    t.equal(await next(), 'introspection_unavailable')
  }
  t.equal(issuer.calls.length, calls + 7, 'one call each time')
  t.ok(issuer.calls.slice(calls - 1).every(isProbe), 'none with the token of a client')
  t.strictSame(await waitOf('x'), [30, 'CircuitOpenError'])
  t.strictSame(changesIn(events), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  clock.ms += 30_000
  const probe = new Promise<ServerResponse>((resolve) => {
    issuer.answer = resolve
  })
  const first = next()
  const response = await probe
  t.strictSame(await waitOf('other'), [1, 'CircuitOpenError'], 'only one waits for the probe')
  issuer.answer = INACTIVE
  response.writeHead(200, JSON_TYPE).end('{"active":false}')
  t.equal(await first, 'token_inactive', 'then its own call is made')
  t.notOk(verifier.isCircuitOpen)
  t.equal(changesIn(events).at(-1), undefined)
  t.strictSame(issuer.calls.slice(-2).map(isProbe), [true, false])
})

test('many failures at once lead to one probe; only a probe closes the circuit', async (t) => {
  const issuer = await endpoint(t)
  const clock = { ms: 0 }
  const { verifier, events } = verifierFor(issuer.url, clock)
  const held: ServerResponse[] = []
  issuer.answer = (response: ServerResponse, call: Call) =>
    isProbe(call) ? response.writeHead(502).end() : held.push(response)
  const all = Array.from({ length: 20 }, (_, index) => outcomeOf(verifier.verify(`t${index}`)))
  while (held.length < 20) await setImmediate()
  const [late, later, ...failing] = held
  for (const response of failing) response.writeHead(502).end()
  while (verifier.calls > 2) await setImmediate()
  t.ok(verifier.isCircuitOpen)
  t.strictSame(changesIn(events), [1_000])
  t.equal(issuer.calls.filter(isProbe).length, 1)
  late?.writeHead(200, JSON_TYPE).end(JSON.stringify(activeNow()))
  later?.writeHead(502).end()
  await Promise.all(all)
  t.ok(verifier.isCircuitOpen, 'a call that began before it opened changes nothing')
  t.equal(issuer.calls.filter(isProbe).length, 1)
  clock.ms = 1_000
  issuer.answer = INACTIVE
  t.equal(await outcomeOf(verifier.verify('next')), 'token_inactive')
  t.strictSame(changesIn(events), [1_000, undefined])
})

test('400 that names the credentials of this server is like 401', async (t) => {
  const issuer = await endpoint(t)
  const cases: [body: string, outcome: string][] = [
    ['{"error":"invalid_client","error_description":"PLANTED"}', 'refused'],
    ['{"error":"unauthorized_client"}', 'refused'],
    ['{"error":"invalid_request"}', 'token'],
    ['{"error":["invalid_client"]}', 'token'],
    ['{"__proto__":{"error":"invalid_client"}}', 'token'],
    ['[]', 'token'],
    ['invalid_client', 'token'],
    ['', 'token'],
  ]
  for (const [body, outcome] of cases) {
    const { status, events, verifier } = await introspectingApp(t, issuer)
    issuer.answer = (response: ServerResponse) => response.writeHead(400).end(body)
    for (const token of ['a', 'b', 'c', 'd', 'e']) t.equal(await status(token), 503)
    t.match(events[0], { event: 'introspection_failed', outcome }, body)
    t.notMatch(JSON.stringify(events), /PLANTED/)
    t.equal(verifier.isCircuitOpen, outcome === 'refused')
  }
})

test('a token that the endpoint does not like counts neither as a failure nor as a success', async (t) => {
  const issuer = await endpoint(t)
  const { verifier } = verifierFor(issuer.url, { ms: 0 })
  const next = () => outcomeOf(verifier.verify(randomUUID()))
  for (const status of [400, 413, 414, 422, 431, 400]) {
    issuer.answer = (response: ServerResponse) => response.writeHead(status).end()
    t.equal(await next(), 'introspection_unavailable')
  }
  t.equal(issuer.calls.length, 6, 'no probe')
  for (const status of [500, 500, 400, 500, 500, 400, 500]) {
    issuer.answer = (response: ServerResponse, call: Call) =>
      response.writeHead(isProbe(call) ? 500 : status).end()
    t.notOk(verifier.isCircuitOpen)
    await next()
  }
  t.ok(verifier.isCircuitOpen)
})
