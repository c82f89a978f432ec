import type { ServerResponse } from 'node:http'
import { test } from 'tap'
import { CLIENT_KEY, proofFor, thumbprint } from '../../support/tokens/proofs.ts'
import { NOW } from '../../support/tokens/tokens.ts'
import { activeNow, endpoint, ISSUER, introspectingApp } from './endpoint.ts'

const PROTECTED = '/probe/protected'
const ADMIN = '/probe/admin'

test('E.1: a token is asked about once, also by requests at the same time', async (t) => {
  const issuer = await endpoint(t)
  const { status } = await introspectingApp(t, issuer)
  issuer.tokens.set('a', activeNow())
  const all = await Promise.all(Array.from({ length: 50 }, () => status('a')))
  t.ok(all.every((one) => one === 200))
  t.equal(await status('a'), 200)
  t.equal(issuer.calls.length, 1, 'no other call either, such as one for a client token')
  issuer.tokens.set('b', activeNow({ sub: 'u2' }))
  t.equal(await status('b'), 200)
  t.equal(issuer.calls.length, 2, 'two tokens never share an answer')
})

test('E.1: a revoked token ends after INTROSPECTION_MAX_AGE, 60 s by default', async (t) => {
  const issuer = await endpoint(t)
  const { status, clock } = await introspectingApp(t, issuer)
  issuer.tokens.set('a', activeNow())
  t.equal(await status('a'), 200)
  issuer.tokens.delete('a')
  clock.ms = 59_999
  t.equal(await status('a'), 200, 'until then it lives on')
  clock.ms = 60_000
  t.equal(await status('a'), 401)
  t.equal(issuer.calls.length, 2)
})

test('the age counts from the time of the call, not of the response', async (t) => {
  const issuer = await endpoint(t)
  const { status, clock } = await introspectingApp(t, issuer)
  issuer.tokens.set('a', (response: ServerResponse) => {
    clock.ms = 1_500
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(activeNow()))
  })
  t.equal(await status('a'), 200)
  clock.ms = 60_000
  await status('a')
  t.equal(issuer.calls.length, 2)
})

test('INTROSPECTION_MAX_AGE=0 asks for each request, and a token ends with exp in any case', async (t) => {
  const issuer = await endpoint(t)
  const always = await introspectingApp(t, issuer, { INTROSPECTION_MAX_AGE: '0' })
  issuer.tokens.set('a', activeNow({ exp: NOW + 100 }))
  for (const _ of [1, 2]) t.equal(await always.status('a'), 200)
  t.equal(issuer.calls.length, 2)
  const long = await introspectingApp(t, issuer, { INTROSPECTION_MAX_AGE: '3600' })
  t.equal(await long.status('a'), 200)
  long.clock.ms = 104_999
  t.equal(await long.status('a'), 200, 'the tolerance of the clock granted')
  t.equal(issuer.calls.length, 3)
  long.clock.ms = 105_000
  t.equal(await long.status('a'), 401)
  t.equal(issuer.calls.length, 4)
})

test('requests at the same time share no call whose answer could be older than the age', async (t) => {
  const issuer = await endpoint(t)
  issuer.tokens.set('a', activeNow())
  for (const [age, calls] of [
    ['0', 3],
    ['1', 3],
    ['60', 1],
  ] as const) {
    const { status, verifier } = await introspectingApp(t, issuer, { INTROSPECTION_MAX_AGE: age })
    issuer.calls.length = 0
    t.strictSame(await Promise.all(['a', 'a', 'a'].map((name) => status(name))), [200, 200, 200])
    t.equal(issuer.calls.length, calls, `${age} s`)
    t.equal(verifier.calls, 0)
  }
})

test('E.1 (heimdall#3452): each route decides about a cached token by its own policy', async (t) => {
  const issuer = await endpoint(t)
  const { call, status, log } = await introspectingApp(t, issuer)
  issuer.tokens.set('user', activeNow())
  issuer.tokens.set('admin', activeNow({ permissions: ['read:probe'] }))
  for (const _ of ['asked', 'cached']) {
    t.equal(await status('user', PROTECTED), 200)
    const { status: denied, headers } = await call(ADMIN, 'user')
    t.equal(denied, 403)
    t.match(headers['www-authenticate'], /error="insufficient_scope".*scope="read:probe"/)
    t.equal(log.at(-1)?.['refusal'], 'permission_missing')
    t.equal(await status('admin', ADMIN), 200)
    t.equal(await status('admin', PROTECTED), 200)
  }
  t.equal(issuer.calls.length, 2)
})

test('E.1: two issuers share no answer, although the cache key is the digest of the token', async (t) => {
  const one = await endpoint(t)
  const other = await endpoint(t)
  one.tokens.set('same', activeNow())
  other.tokens.set('same', activeNow({ permissions: ['read:probe'], sub: 'else' }))
  const first = await introspectingApp(t, one)
  const second = await introspectingApp(t, other, { ISSUER: 'https://other.test' })
  t.equal(await first.status('same', ADMIN), 403)
  t.equal(await second.status('same', ADMIN), 200)
  t.equal(await first.status('same', ADMIN), 403)
  const digest = first.verifier.digestOf('same')
  t.equal(digest, second.verifier.digestOf('same'))
  t.match(first.verifier.cached(digest), { issuer: ISSUER, subject: 'u1' })
  t.match(second.verifier.cached(digest), { issuer: 'https://other.test', subject: 'else' })
  t.strictSame([one.calls.length, other.calls.length], [1, 1])
})

test('E.1: a rejected token is not asked about again for 5 s, whatever the reason', async (t) => {
  const issuer = await endpoint(t)
  const { status, clock, log } = await introspectingApp(t, issuer)
  issuer.tokens.set('other', activeNow({ aud: 'https://other.test' }))
  for (const _ of [1, 2, 3]) {
    t.equal(await status('unknown'), 401)
    t.equal(log.at(-1)?.['refusal'], 'token_inactive')
    t.equal(await status('other'), 401)
    t.equal(log.at(-1)?.['refusal'], 'audience_mismatch')
  }
  t.equal(issuer.calls.length, 2)
  issuer.tokens.set('unknown', activeNow())
  clock.ms = 4_999
  t.equal(await status('unknown'), 401)
  clock.ms = 5_000
  t.equal(await status('unknown'), 200)
})

test('E.1: cnf.jkt binds an introspected token to its key (RFC 9449 §6.2)', async (t) => {
  const issuer = await endpoint(t)
  const { app, log } = await introspectingApp(t, issuer)
  const cnf = { jkt: thumbprint(CLIENT_KEY) }
  issuer.tokens.set('bound', activeNow({ cnf, token_type: 'DPoP' }))
  issuer.tokens.set('said-bearer', activeNow({ cnf }))
  issuer.tokens.set('plain', activeNow())
  const get = async (authorization: string, dpop?: string) => {
    const headers = { authorization, ...(dpop !== undefined && { dpop }) }
    const { statusCode } = await app.inject({ url: PROTECTED, headers })
    return [statusCode, log.at(-1)?.['refusal']]
  }
  for (const name of ['bound', 'said-bearer']) {
    for (const _ of ['asked', 'cached']) {
      t.strictSame(await get(`DPoP ${name}`, proofFor(name)), [200, undefined])
      t.strictSame(await get(`Bearer ${name}`), [401, 'token_needs_dpop'])
      t.strictSame(await get(`DPoP ${name}`), [401, 'dpop_proof_missing'])
      t.strictSame(await get(`DPoP ${name}`, proofFor('plain')), [401, 'dpop_token_mismatch'])
    }
  }
  t.strictSame(await get('DPoP plain', proofFor('plain')), [401, 'token_not_bound'])
  t.equal(issuer.calls.length, 3)
})
