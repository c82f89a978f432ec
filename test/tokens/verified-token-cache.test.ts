import { test } from 'tap'
import { listen } from '../../src/lifecycle/listen.ts'
import type { VerificationKey } from '../../src/tokens/keys/jwks.ts'
import { parseJwks } from '../../src/tokens/keys/jwks.ts'
import { DEFAULT_PRINCIPAL_OPTIONS, principalOf } from '../../src/tokens/principal.ts'
import {
  VerifiedTokenCache,
  type VerifiedTokenCacheOptions,
} from '../../src/tokens/verified-token-cache.ts'
import { testApp } from '../support/app.ts'
import { sendRaw } from '../support/raw-http.ts'
import { trustedIssuer } from '../support/tokens/issuers.ts'
import { KEY, newKey, oddKeys } from '../support/tokens/keys.ts'
import { ISSUER, NOW, token } from '../support/tokens/tokens.ts'

const PROTECTED = '/probe/protected'
const [key] = parseJwks([KEY.jwk], ['RS256']).keys as [VerificationKey]
const issuer = trustedIssuer(ISSUER)
const principal = (subject: string, expiresAt = NOW + 60) =>
  principalOf({ sub: subject, exp: expiresAt }, DEFAULT_PRINCIPAL_OPTIONS)

function memory(options: Partial<VerifiedTokenCacheOptions> = {}) {
  return new VerifiedTokenCache({
    now: () => NOW * 1000,
    ...options,
  })
}

/** An app whose key source counts how often a signature has to be checked. */
async function counting(t: Parameters<typeof testApp>[0]) {
  const state = { checks: 0, current: true, ms: NOW * 1000 }
  const signingKeys = {
    ...oddKeys(async () => {
      state.checks += 1
      return [key]
    }),
    isCurrent: () => state.current,
  }
  return { state, ...(await testApp(t, { signingKeys, now: () => state.ms })) }
}

test('the signature of a token is checked once', async (t) => {
  const { call, state } = await counting(t)
  const good = token()
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(PROTECTED, good)))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(state.checks, 1, 'fifty at once share one check')
  await call(PROTECTED, good)
  t.equal(state.checks, 1)
  await call(PROTECTED, token({ sub: 'somebody else' }))
  t.equal(state.checks, 2, 'two tokens never share an entry')
})

test('a token has one place, however its header is spelled', async (t) => {
  const { app, state } = await counting(t)
  const good = token()
  for (const scheme of ['Bearer ', 'bearer ', 'BEARER    ', 'bEARER  ', 'Bearer ']) {
    const headers = { authorization: `${scheme}${good}` }
    t.equal((await app.inject({ url: PROTECTED, headers })).statusCode, 200, scheme)
  }
  t.equal(state.checks, 1)
})

test('only successes are remembered', async (t) => {
  const { call, state } = await counting(t)
  const forged = token({}, {}, newKey('RS256', 'current'))
  for (const _ of [1, 2]) t.equal((await call(PROTECTED, forged)).status, 401)
  t.equal(state.checks, 2)
})

test('a remembered token ends the second it expires', async (t) => {
  const { call, state, log } = await counting(t)
  const good = token({ exp: NOW + 60 })
  t.equal((await call(PROTECTED, good)).status, 200)
  state.ms = (NOW + 60 + 5) * 1000 - 1
  t.equal((await call(PROTECTED, good)).status, 200, 'a millisecond before, the tolerance granted')
  state.ms += 1
  t.equal((await call(PROTECTED, good)).status, 401)
  t.equal(log.at(-1)?.['refusal'], 'token_expired')
  t.equal(state.checks, 1)
})

test('a remembered token ends with its key', async (t) => {
  const { call, state } = await counting(t)
  const good = token()
  await call(PROTECTED, good)
  state.current = false
  await call(PROTECTED, good)
  t.equal(state.checks, 2, 'verified again, with the current keys')
})

test('tokens of withdrawn keys are forgotten with them', async (t) => {
  const other = { ...key }
  const issuer = trustedIssuer(ISSUER, (candidate) => candidate === key)
  const tokens = memory()
  tokens.add('one', { principal: principal('1'), key, issuer })
  tokens.add('two', { principal: principal('2'), key: other, issuer })
  tokens.removeWithdrawn(ISSUER)
  t.equal(tokens.size, 1)
  t.match(tokens.get('one'), { subject: '1' })
})

test('a million tokens take no more room than was given to them', async (t) => {
  const tokens = memory({ maxEntries: 10_000, maxBytes: 4 * 1024 * 1024 })
  for (let i = 0; i < 1_000_000; i++) {
    tokens.add(`digest-${i}`, { principal: principal(`user-${i}`), key, issuer })
  }
  t.ok(tokens.size <= 10_000 && tokens.size > 5_000, `${tokens.size} are left`)
  t.equal(tokens.evictions, 1_000_000 - tokens.size)
  t.match(tokens.get('digest-999999'), { subject: 'user-999999' })
  t.equal(tokens.get('digest-0'), undefined)
  t.strictSame([tokens.hits, tokens.misses], [1, 1])

  const byBytes = memory({ maxEntries: 1_000_000, maxBytes: 100_000 })
  const permissions = Array.from({ length: 50 }, (_, i) => `permission-${i}`)
  for (let i = 0; i < 1_000; i++) {
    byBytes.add(`${i}`, {
      principal: { ...principal('x'), permissions, organization: 'org_a' },
      key,
      issuer,
    })
  }
  t.ok(byBytes.size < 50, 'large ones count for more')
})

test('a busy token outlives a flood of those that come once', async (t) => {
  const tokens = memory({ maxEntries: 100 })
  tokens.add('busy', { principal: principal('busy'), key, issuer })
  for (let i = 0; i < 10_000; i++) {
    tokens.add(`once-${i}`, { principal: principal(`${i}`), key, issuer })
    if (i % 50 === 0) t.ok(tokens.get('busy'))
  }
})

test('the digest is the SHA-256 of the token, in base64url', async (t) => {
  t.equal(memory().digestOf('abc'), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
})

test('each request of a connection is authenticated by its own header', async (t) => {
  const { app } = await testApp(t)
  const port = await listen(app, ['127.0.0.1'], 0)
  const user = `Authorization: Bearer ${token()}\r\n`
  const admin = `Authorization: Bearer ${token({ permissions: ['read:probe'] })}\r\n`
  const spelled = `authorization:   BEARER   ${token()}\r\n`
  const forged = `Authorization: Bearer ${token({}, {}, newKey('RS256', 'current'))}\r\n`
  const get = (fields: string) => `GET /probe/admin HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`
  // Each twice over, so that what a connection said last is remembered when the next one comes.
  const rounds: [fields: string, status: number][] = [
    [user, 403],
    [admin, 200],
    [user, 403],
    [forged, 401],
    [admin, 200],
    ['', 401],
    [admin + admin, 400],
    [spelled, 403],
    [admin, 200],
  ]
  for (const _ of ['verified', 'remembered']) {
    const requests = [...rounds, ...rounds].map(([fields]) => get(fields)).join('')
    const answers = await sendRaw(port, '127.0.0.1', `${requests}${get('Connection: close\r\n')}`)
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
    const expected = rounds.map(([, status]) => status)
    t.strictSame(statuses, [...expected, ...expected, 401])
  }
})
