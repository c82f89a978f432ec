import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'tap'
import type { ClientTokenExpectations } from '../../src/tokens/client-token.ts'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import { type ExpectedLogin, verifyIdToken } from '../../src/tokens/id-token.ts'
import { verifyLogoutToken } from '../../src/tokens/logout-token.ts'
import type { Result } from '../../src/tokens/result.ts'
import { KEY, keysOf, newKey, oddKeys } from '../support/tokens/keys.ts'
import { ISSUER, NOW, signHs256, signJws } from '../support/tokens/tokens.ts'

const CLIENT = 'the-client'
const SECRET = 'a client secret of at least 32 characters'
const RS256: ClientTokenExpectations = {
  issuer: ISSUER,
  clientId: CLIENT,
  key: { algorithm: 'RS256', keys: keysOf([KEY], ['RS256']) },
  clockTolerance: 5,
  now: () => NOW * 1000,
}
const HS256: ClientTokenExpectations = { ...RS256, key: { algorithm: 'HS256', secrets: [SECRET] } }
const LOGIN: ExpectedLogin = { nonce: 'n', maxAge: undefined, organization: undefined }

type Json = Record<string, unknown>
const claims = (changes: Json = {}) => {
  const good = { iss: ISSUER, aud: CLIENT, sub: 'auth0|1', iat: NOW - 1, exp: NOW + 60, nonce: 'n' }
  return { ...good, ...changes }
}
const rs256 = (changes: Json = {}, header: Json = {}, key = KEY) =>
  signJws({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header }, claims(changes), key)

const hs256 = (secret: string | Buffer, changes: Json = {}) => signHs256(claims(changes), secret)

const codeOf = async (verification: Promise<Result<unknown, string>>) =>
  (await verification).code ?? 'accepted'
const codeOfLogin = (changes: Json, login: Partial<ExpectedLogin> = {}, header: Json = {}) =>
  codeOf(verifyIdToken(rs256(changes, header), { ...LOGIN, ...login }, RS256))

test('who logged in, by either algorithm', async (t) => {
  const identity = { subject: 'auth0|1', sessionId: 's', claims: claims({ sid: 's' }) }
  t.strictSame(await verifyIdToken(rs256({ sid: 's' }), LOGIN, RS256), { value: identity })
  t.strictSame(await verifyIdToken(hs256(SECRET, { sid: 's' }), LOGIN, HS256), { value: identity })
})

test('the algorithm is the configured one, whatever the token says', async (t) => {
  const result = (token: string, expected: ClientTokenExpectations) =>
    codeOf(verifyIdToken(token, LOGIN, expected))
  t.equal(await result(rs256(), HS256), 'algorithm_not_allowed')
  t.equal(await result(hs256(SECRET), RS256), 'algorithm_not_allowed')
  t.equal(await result(hs256('another secret'), HS256), 'signature_invalid')
  const published = createPublicKey({ key: KEY.jwk, format: 'jwk' })
  for (const type of ['spki', 'pkcs1'] as const) {
    const pem = published.export({ type, format: 'pem' })
    t.equal(await result(hs256(pem), RS256), 'algorithm_not_allowed', type)
    t.equal(await result(hs256(pem), HS256), 'signature_invalid', type)
  }
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.e30`
  for (const expected of [RS256, HS256]) {
    t.equal(await result(none, expected), 'algorithm_not_allowed')
    t.equal(await result('a.b', expected), 'token_malformed')
    t.equal(await result('a'.repeat(65_537), expected), 'token_too_large')
  }
  t.equal(await result(rs256({}, {}, newKey('RS256', 'foreign')), RS256), 'unknown_key')
  t.equal(await result(rs256({}, {}, newKey('RS256', KEY.kid)), RS256), 'signature_invalid')
})

test('each rule that is broken, by its code', async (t) => {
  const refused: [string, Json, Partial<ExpectedLogin>?][] = [
    ['issuer_mismatch', { iss: ISSUER.slice(0, -1) }],
    ['audience_mismatch', { aud: 'another' }],
    ['audience_mismatch', { aud: [] }],
    ['audience_mismatch', { aud: { [CLIENT]: true } }],
    ['authorized_party_missing', { aud: [CLIENT, 'another'] }],
    ['authorized_party_mismatch', { aud: [CLIENT, 'another'], azp: 'another' }],
    ['authorized_party_mismatch', { azp: null }],
    ['time_claim_malformed', { exp: undefined }],
    ['time_claim_malformed', { iat: '1' }],
    ['time_claim_malformed', { nbf: 'x' }],
    ['token_expired', { exp: NOW - 5 }],
    ['token_not_yet_valid', { nbf: NOW + 6 }],
    ['token_issued_in_future', { iat: NOW + 6 }],
    ['subject_missing', { sub: '' }],
    ['subject_missing', { sub: 1 }],
    ['session_malformed', { sid: 1 }],
    ['nonce_mismatch', { nonce: 'm' }],
    ['nonce_mismatch', { nonce: undefined }],
    ['login_too_old', { auth_time: NOW - 66 }, { maxAge: 60 }],
    ['login_too_old', { auth_time: NOW + 6 }, { maxAge: 60 }],
    ['login_too_old', {}, { maxAge: 60 }],
    ['organization_malformed', { org_id: 1 }],
    ['organization_malformed', { org_name: null }],
    ['organization_mismatch', {}, { organization: 'org_a' }],
    ['organization_mismatch', { org_id: 'org_b' }, { organization: 'org_a' }],
    ['organization_mismatch', { org_id: 'org_A' }, { organization: 'org_a' }],
    ['organization_mismatch', { org_name: 'org_a' }, { organization: 'org_a' }],
    ['organization_mismatch', { org_id: 'acme' }, { organization: 'acme' }],
    ['organization_mismatch', { org_name: 'globex' }, { organization: 'acme' }],
  ]
  for (const [code, changes, login] of refused) {
    t.equal(await codeOfLogin(changes, login), code, JSON.stringify([changes, login]))
  }
  const headers: [string, Json][] = [
    ['header_extension', { crit: ['b64'] }],
    ['header_extension', { b64: false }],
    ['header_malformed', { kid: 1 }],
    ['type_not_allowed', { typ: 'at+jwt' }],
    ['type_not_allowed', { typ: 'logout+jwt' }],
    ['type_not_allowed', { typ: 1 }],
  ]
  for (const [code, header] of headers) t.equal(await codeOfLogin({}, {}, header), code)
})

test('what is good', async (t) => {
  const good: [Json, Partial<ExpectedLogin>?, Json?][] = [
    [{ aud: [CLIENT] }],
    [{ aud: [CLIENT, 'another'], azp: CLIENT }],
    [{ exp: NOW - 4, iat: NOW + 5, nbf: NOW }],
    [{ auth_time: NOW - 65 }, { maxAge: 60 }],
    [{ auth_time: NOW - 9999 }],
    [{ org_id: 'org_a', org_name: 'acme' }, { organization: 'org_a' }],
    [{ org_id: 'org_a', org_name: 'acme' }, { organization: 'ACME' }],
    [{ org_id: 'org_a' }],
    [{}, {}, { typ: undefined }],
    [{}, {}, { typ: 'jwt', kid: undefined }],
  ]
  for (const [changes, login, header] of good) {
    t.equal(await codeOfLogin(changes, login, header), 'accepted', JSON.stringify([changes, login]))
  }
})

test('no result without keys', async (t) => {
  const keys = oddKeys(() => {
    throw new KeysUnavailableError(1)
  })
  const expected = { ...RS256, key: { algorithm: 'RS256', keys } as const }
  await t.rejects(verifyIdToken(rs256(), LOGIN, expected), KeysUnavailableError)
})

test('whatever the claims, none is accepted that breaks a rule', async (t) => {
  // Mostly good ones, or hardly any of nine together would be.
  const near = (...values: unknown[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, fc.jsonValue())
  const record = fc.record({
    iss: near(ISSUER),
    aud: near(CLIENT, [CLIENT], [CLIENT, 'b']),
    azp: near(CLIENT, undefined),
    sub: near('auth0|1'),
    iat: near(NOW),
    exp: near(NOW + 60),
    nonce: near('n'),
    auth_time: near(NOW),
    org_id: near('org_a'),
  })
  const login = { nonce: 'n', maxAge: 60, organization: 'org_a' }
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(record, async (arbitrary) => {
      const { iss, aud, azp, sub, iat, exp, nonce, auth_time, org_id } = arbitrary
      const result = await codeOf(verifyIdToken(hs256(SECRET, arbitrary), login, HS256))
      if (result !== 'accepted') return
      accepted += 1
      const audiences = [aud].flat()
      const holds =
        iss === ISSUER &&
        audiences.includes(CLIENT) &&
        (azp === CLIENT || (azp === undefined && audiences.length === 1)) &&
        typeof sub === 'string' &&
        Number(iat) <= NOW + 5 &&
        Number(exp) > NOW - 5 &&
        nonce === 'n' &&
        Math.abs(Number(auth_time) - NOW) <= 65 &&
        org_id === 'org_a'
      if (!holds) throw new Error('It was accepted.')
    }),
    { numRuns: 2000 },
  )
  t.ok(accepted > 50, `${accepted} were accepted`)
})

test('logout tokens', async (t) => {
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const good = { nonce: undefined, events, jti: 'j', sid: 's' }
  const verify = (changes: Json, header: Json = { typ: 'logout+jwt' }) =>
    verifyLogoutToken(rs256({ ...good, ...changes }, header), RS256)
  t.strictSame(await verify({}), {
    value: { sessionId: 's', subject: 'auth0|1', identifier: 'j', expiresAt: NOW + 60 },
  })
  t.match(await verify({ sub: undefined }, { typ: 'JWT' }), { value: { sessionId: 's' } })
  t.match(await verify({ sid: undefined }, {}), { value: { subject: 'auth0|1' } })
  const refused: [string, Json][] = [
    ['nonce_present', { nonce: 'n' }],
    ['event_missing', { events: undefined }],
    ['event_missing', { events: { other: {} } }],
    ['event_missing', { events: null }],
    ['session_malformed', { sid: '' }],
    ['subject_missing', { sub: 1 }],
    ['subject_missing', { sub: undefined, sid: undefined }],
    ['identifier_missing', { jti: undefined }],
    ['audience_mismatch', { aud: 'another' }],
    ['token_expired', { exp: NOW - 5 }],
  ]
  for (const [code, changes] of refused) t.equal(await codeOf(verify(changes)), code)
  t.equal(await codeOf(verify({}, { typ: 'at+jwt' })), 'type_not_allowed')
  t.equal(await codeOf(verifyIdToken(rs256(good), LOGIN, RS256)), 'nonce_mismatch')
})
