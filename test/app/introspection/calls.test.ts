import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { type Call, endpoint, introspectingApp, JSON_TYPE, verifierFor } from './endpoint.ts'

const INACTIVE = '{"active":false}'

test('E.1: 100 calls at a time, and the tokens beyond are 503 at once', async (t) => {
  const issuer = await endpoint(t)
  const held: ServerResponse[] = []
  issuer.answer = (response: ServerResponse) => held.push(response)
  const { verifier, events } = verifierFor(issuer.url, { ms: 0 })
  const verify = (token: string, client = token) =>
    verifier
      .verify(token, undefined, () => client)
      .then(
        ({ code }) => code,
        (error) => `${error.code} ${error.retryAfter}`,
      )
  const first = Array.from({ length: 100 }, (_, index) => verify(`t${index}`))
  t.equal(verifier.calls, 100)
  t.equal(await verify('one-more'), 'introspection_unavailable 1')
  t.strictSame(events, [{ event: 'introspection_skipped', reason: 'busy' }])
  const shared = verify('t0')
  while (held.length < 100) await setImmediate()
  for (const response of held) response.writeHead(200, JSON_TYPE).end(INACTIVE)
  t.ok((await Promise.all([...first, shared])).every((code) => code === 'token_inactive'))
  t.equal(verifier.calls, 0)
  t.notOk(verifier.isCircuitOpen, 'a crowd is not a fault of the endpoint')
})

test('E.1: 10,000 made-up tokens make a bounded number of calls', async (t) => {
  const issuer = await endpoint(t)
  let isOver = false
  issuer.answer = async (response: ServerResponse) => {
    while (!isOver) await setImmediate()
    response.writeHead(200, JSON_TYPE).end(INACTIVE)
  }
  const { verifier } = verifierFor(issuer.url, { ms: 0 })
  const results: Promise<unknown>[] = []
  for (let index = 0; index < 10_000; index += 1) {
    results.push(
      verifier
        .verify(`made-up-${index}`, undefined, () => `${index % 500}`)
        .catch(({ code }) => ({ code })),
    )
    if (verifier.calls > 100) t.fail('more than 100 calls at once')
    if (index % 100 === 0) await setImmediate()
  }
  isOver = true
  const codes = (await Promise.all(results)).map((result) => Object(result).code)
  t.strictSame(
    new Set(codes.filter((code) => code !== 'token_inactive')),
    new Set(['introspection_unavailable']),
  )
  t.ok(issuer.calls.length <= 200, `${issuer.calls.length} calls`)
})

/** An app whose endpoint answers only when a test says so. */
async function heldApp(t: Test) {
  const issuer = await endpoint(t)
  const held: { address: string; response: ServerResponse }[] = []
  issuer.answer = (response: ServerResponse, { form }: Call) => {
    const [address = ''] = String(form.get('token')).split('_')
    held.push({ address, response })
  }
  const environment = { TRUST_PROXY: 'loopback', DPOP: 'off' }
  const { app, verifier, events } = await introspectingApp(t, issuer, {}, environment)
  let sent = 0
  const send = async (address: string) => {
    sent += 1
    const headers = { authorization: `Bearer ${address}_${sent}`, 'x-forwarded-for': address }
    const response = await app.inject({ url: '/probe/protected', headers })
    return [response.statusCode, response.headers['retry-after']]
  }
  const release = (address: string) => {
    for (const one of held) {
      const isOpen = one.address === address && !one.response.writableEnded
      if (isOpen) one.response.writeHead(200, JSON_TYPE).end(INACTIVE)
    }
  }
  const arrived = async (calls: number) => {
    while (held.length < calls) await setImmediate()
  }
  return { send, release, arrived, verifier, events }
}

test('one address gets half of the calls, and leaves the rest to others', async (t) => {
  const { send, release, arrived, verifier, events } = await heldApp(t)
  const hostile = Array.from({ length: 80 }, () => send('192.0.2.1'))
  const busy = await Promise.race(hostile)
  t.strictSame(busy, [503, '1'])
  while (events.length < 30) await setImmediate()
  await arrived(50)
  t.equal(verifier.calls, 50)
  t.ok(events.every((event) => 'reason' in event && event.reason === 'busy'))
  const others = Array.from({ length: 20 }, (_, index) => send(`198.51.100.${index}`))
  await arrived(70)
  t.strictSame(await send('192.0.2.1'), [503, '1'])
  for (let index = 0; index < 20; index += 1) release(`198.51.100.${index}`)
  for (const one of others) t.strictSame(await one, [401, undefined])
  release('192.0.2.1')
  const statuses = (await Promise.all(hostile)).map(([status]) => status)
  t.equal(statuses.filter((status) => status === 401).length, 50)
  t.equal(verifier.calls, 0)
  const again = send('192.0.2.1')
  await arrived(71)
  release('192.0.2.1')
  t.strictSame(await again, [401, undefined], 'its share is free again')
})
