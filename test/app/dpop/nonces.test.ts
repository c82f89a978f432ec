import { test } from 'tap'
import { dpopApp, OTHER_SECRET, REFUSED, SECRET } from '../../support/tokens/dpop-app.ts'
import { boundToken, proofFor } from '../../support/tokens/proofs.ts'
import { NOW } from '../../support/tokens/tokens.ts'

test('with nonces, a client gets one with its first request, and the next one in time', async (t) => {
  const clock = { now: NOW * 1000 }
  const server = (DPOP_NONCE_SECRETS: string) =>
    dpopApp(t, { DPOP_NONCE_SECRETS }, { now: () => clock.now })
  const [one, two, foreign] = [
    await server(SECRET),
    await server(SECRET),
    await server(OTHER_SECRET),
  ]
  const needed = {
    ...REFUSED,
    challenge:
      /^Bearer realm="api", DPoP algs="ES256", error="use_dpop_nonce", error_description="[^"]+"$/,
  }
  const first = await one.call()
  t.match(first, { ...needed, refusal: 'dpop_nonce_missing' })
  t.match(first.headers, {
    'cache-control': 'no-store',
    'access-control-expose-headers': /DPoP-Nonce/,
  })
  const nonce = String(first.headers['dpop-nonce'])
  t.match(nonce, /^[\w-]+$/)
  for (const { proves } of [one, two]) {
    // Its own clock does not matter.
    const response = await proves({ claims: { nonce, iat: 1 } })
    t.equal(response.status, 200)
    t.notOk('dpop-nonce' in response.headers)
  }
  const proof = proofFor(boundToken(), { claims: { nonce } })
  t.match(await one.call({ proof }), { status: 200 })
  const replayed = await one.call({ proof })
  t.match(replayed, { ...REFUSED, refusal: 'dpop_replayed' })
  t.notMatch(replayed.challenge, /use_dpop_nonce/)
  t.notOk('dpop-nonce' in replayed.headers)

  for (const bad of ['', 'garbage', `${nonce}A`]) {
    const response = await one.proves({ claims: { nonce: bad } })
    t.match(response, { ...needed, refusal: 'dpop_nonce_invalid' })
    t.equal(response.headers['dpop-nonce'], nonce)
  }
  t.match(await foreign.proves({ claims: { nonce } }), { ...needed, refusal: 'dpop_nonce_invalid' })

  clock.now += 60_000
  const late = await one.proves({ claims: { nonce } })
  t.equal(late.status, 200)
  const next = String(late.headers['dpop-nonce'])
  t.not(next, nonce)
  t.match(await one.proves({ claims: { nonce: next } }), { status: 200 })
  clock.now += 60_000
  t.match(await one.proves({ claims: { nonce } }), { refusal: 'dpop_nonce_invalid' })
  t.match(await one.proves({ claims: { nonce: next } }), { status: 200 })
})

test('a secret for nonces can be replaced without a rejected request', async (t) => {
  const both = `${OTHER_SECRET},${SECRET}`
  const [old, renewed] = [
    await dpopApp(t, { DPOP_NONCE_SECRETS: SECRET }),
    await dpopApp(t, { DPOP_NONCE_SECRETS: both }),
  ]
  const nonce = String((await old.call()).headers['dpop-nonce'])
  t.match(await renewed.proves({ claims: { nonce } }), { status: 200 })
  t.not((await renewed.call()).headers['dpop-nonce'], nonce)
  t.notMatch(JSON.stringify(renewed.app.config), 'secret')
})
