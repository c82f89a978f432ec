import fc from 'fast-check'
import { test } from 'tap'
import {
  readIntrospection,
  validateIntrospection,
} from '../../../src/tokens/introspection/introspection-response.ts'
import { AUDIENCE, NOW, token } from '../../support/tokens/tokens.ts'
import { activeNow, endpoint, ISSUER, introspectingApp } from './endpoint.ts'

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const ADMIN = '/probe/admin'
const EXPECTED = {
  ...{ issuer: ISSUER, audiences: [AUDIENCE] as const, algorithms: ['RS256'], clockTolerance: 0 },
  boundTokens: true,
}

test('E.1: the endpoint gets the token in a form, with Basic credentials (RFC 7662 §2.1)', async (t) => {
  const issuer = await endpoint(t)
  const { status } = await introspectingApp(t, issuer, {
    INTROSPECTION_CLIENT_ID: 'a b:c',
    INTROSPECTION_CLIENT_SECRET: 'p%+é/&=',
  })
  issuer.tokens.set('opaque', activeNow())
  t.equal(await status('opaque'), 200)
  const [call] = issuer.calls
  t.match(call, { method: 'POST', url: '/introspect' })
  t.match(call?.headers, {
    accept: 'application/json',
    'content-type': /^application\/x-www-form-urlencoded/,
  })
  t.equal(String(call?.form), 'token=opaque&token_type_hint=access_token')
  const [, credentials = ''] = String(call?.headers.authorization).split('Basic ')
  const halves = Buffer.from(credentials, 'base64').toString().split(':')
  t.strictSame(
    halves,
    ['a+b%3Ac', 'p%25%2B%C3%A9%2F%26%3D'],
    'each half is encoded (RFC 6749 §2.3.1)',
  )
})

test('E.1: only active === true is active, false is 401, and anything else is a fault (503)', async (t) => {
  const issuer = await endpoint(t)
  const { call } = await introspectingApp(t, issuer)
  const good = activeNow()
  const cases: [name: string, object, status: number][] = [
    ['true', good, 200],
    ['false', { ...good, active: false }, 401],
    ['false alone', { active: false }, 401],
    ['a text', { ...good, active: 'true' }, 503],
    ['a number', { ...good, active: 1 }, 503],
    ['null', { ...good, active: null }, 503],
    ['absent', { ...good, active: undefined }, 503],
    ['an array', [good], 503],
    ['an inherited one', JSON.parse('{"__proto__":{"active":true}}'), 503],
  ]
  for (const [name, answer, status] of cases) {
    const opaque = name.replaceAll(' ', '-')
    issuer.tokens.set(opaque, answer)
    const response = await call('/probe/protected', opaque)
    t.equal(response.status, status, name)
    const { message, headers } = response
    if (status === 503) {
      t.match({ message, headers }, { message: 'Unable to verify credentials' }, name)
      t.match(headers['retry-after'], /^[15]$/, name)
    }
    if (status === 401) {
      t.match(headers['www-authenticate'], /error="invalid_token", .*not active/, name)
    }
  }
})

test('E.1: an active token is validated by the rules for signed tokens', async (t) => {
  const issuer = await endpoint(t)
  const { call, log } = await introspectingApp(t, issuer)
  const cases: [name: string, claims: Record<string, unknown>, code: string | undefined][] = [
    ['the issuer', { iss: ISSUER }, undefined],
    ['a list of audiences', { aud: ['https://other.test', AUDIENCE] }, undefined],
    ['without iat', { iat: undefined }, undefined],
    ['without token_type', { token_type: undefined }, undefined],
    ['another case of token_type', { token_type: 'bearer' }, undefined],
    ['token_type of some servers', { token_type: 'access_token' }, undefined],
    ['token_use of some servers', { token_use: 'access_token' }, undefined],
    ['expired although active', { exp: NOW - 60 }, 'token_expired'],
    ['without exp', { exp: undefined }, 'time_claim_malformed'],
    ['exp as text', { exp: String(NOW + 60) }, 'time_claim_malformed'],
    ['iat as text', { iat: '1' }, 'time_claim_malformed'],
    ['iat null', { iat: null }, 'time_claim_malformed'],
    ['not valid yet', { nbf: NOW + 60 }, 'token_not_yet_valid'],
    ['from the future', { iat: NOW + 60 }, 'token_issued_in_future'],
    ['another audience', { aud: 'https://other.test' }, 'audience_mismatch'],
    ['no audience', { aud: undefined }, 'audience_mismatch'],
    ['the audience as a client', { aud: undefined, client_id: AUDIENCE }, 'audience_mismatch'],
    ['another issuer', { iss: `${ISSUER}/` }, 'issuer_mismatch'],
    ['iss null', { iss: null }, 'issuer_mismatch'],
    ['no subject', { sub: undefined }, 'subject_missing'],
    ['an empty subject', { sub: '' }, 'subject_missing'],
    ['an ID token', { nonce: 'n' }, 'id_token'],
    ['at_hash', { at_hash: 'x' }, 'id_token'],
    ['a refresh token', { token_type: 'refresh_token' }, 'type_not_allowed'],
    ['a refresh token of Hydra', { token_use: 'refresh_token' }, 'type_not_allowed'],
    ['a refresh token of Keycloak', { typ: 'Refresh' }, 'type_not_allowed'],
    ['an offline token', { typ: 'Offline' }, 'type_not_allowed'],
    ['a refresh token of another issuer', { typ: 'refresh_token' }, 'type_not_allowed'],
    ['a kind that is not a text', { typ: ['Bearer'] }, 'type_not_allowed'],
    ['token_type as a number', { token_type: 1 }, 'type_not_allowed'],
    ['a logout token', { events: { [LOGOUT_EVENT]: {} } }, 'type_not_allowed'],
    ['another event', { events: { 'https://issuer.test/event/login': {} } }, undefined],
    ['events of another kind', { events: 'none' }, undefined],
    ['cnf of mTLS', { cnf: { 'x5t#S256': 'x' } }, 'token_bound'],
    ['cnf null', { cnf: null }, 'token_bound'],
    ['DPoP without a key', { token_type: 'DPoP' }, 'token_bound'],
    ['an organization', { org_id: 1 }, 'organization_malformed'],
    ['an unknown organization', { org_id: 'org_x' }, 'organization_unknown'],
  ]
  for (const [name, claims, code] of cases) {
    const opaque = name.replaceAll(/[^\w]/g, '-')
    issuer.tokens.set(opaque, activeNow(claims))
    const { status } = await call('/probe/protected', opaque)
    t.equal(status, code === undefined ? 200 : 401, name)
    t.equal(log.at(-1)?.['refusal'], code, name)
  }
})

test('the settings of claims count here too', async (t) => {
  const issuer = await endpoint(t)
  const { status } = await introspectingApp(t, issuer, {
    PERMISSIONS_CLAIM: 'scope,/realm_access/roles',
    SUBJECT_CLAIM: 'username',
    AUDIENCE_CLAIM: '/resource/id',
    REQUIRED_CLAIMS: 'kind=access',
    ALLOW_NONCE: 'true',
  })
  const claims = {
    ...{ username: 'u1', sub: undefined, aud: undefined, nonce: 'n', kind: 'access' },
    resource: { id: AUDIENCE },
  }
  issuer.tokens.set('scope', activeNow({ ...claims, scope: 'openid read:probe' }))
  issuer.tokens.set('role', activeNow({ ...claims, realm_access: { roles: ['read:probe'] } }))
  issuer.tokens.set('none', activeNow({ ...claims, permissions: ['read:probe'] }))
  issuer.tokens.set('kind', activeNow({ ...claims, kind: 'id' }))
  t.equal(await status('scope', ADMIN), 200)
  t.equal(await status('role', ADMIN), 200)
  t.equal(await status('none', ADMIN), 403)
  t.equal(await status('kind', ADMIN), 401)
})

test('JWT-shaped tokens go to the endpoint too, and no key set is fetched', async (t) => {
  const issuer = await endpoint(t)
  const { status } = await introspectingApp(t, issuer)
  const signed = token({ iss: ISSUER, permissions: ['read:probe'] })
  t.equal(await status(signed, ADMIN), 401, 'a good signature does not count')
  issuer.tokens.set(`${signed}a`, activeNow())
  t.equal(await status(`${signed}a`, ADMIN), 403, 'nor do its claims')
  t.strictSame(
    issuer.calls.map(({ url }) => url),
    ['/introspect', '/introspect'],
  )
})

test('E.1: text in a token cannot become another field or header', async (t) => {
  const issuer = await endpoint(t)
  const { app, status } = await introspectingApp(t, issuer)
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` })
  for (const text of ['a&token=b', 'a%26active', 'a b', 'a\u00e9', 'a,b', '"a"']) {
    const { statusCode } = await app.inject({ url: '/probe/protected', headers: bearer(text) })
    t.equal(statusCode, 400, text)
  }
  t.equal(issuer.calls.length, 0, 'such texts cannot be tokens, so they go nowhere')
  const odd = 'a+/~._-==='
  issuer.tokens.set(odd, activeNow())
  t.equal(await status(odd), 200)
  t.strictSame([...(issuer.calls[0]?.form ?? [])][0], ['token', odd])
  t.equal(await status('x'.repeat(8 * 1024 + 1)), 401)
  t.equal(issuer.calls.length, 1, 'a token that is too large goes nowhere')
})

/** Any body, and bodies that are almost an introspection response. */
const anything = fc.oneof(fc.jsonValue(), fc.double(), fc.string())
const mostly = (...good: unknown[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, anything, fc.constant(undefined))
const anyResponse = fc.record({
  active: mostly(true, true, false),
  iss: mostly(ISSUER, undefined),
  aud: mostly(AUDIENCE, [AUDIENCE]),
  exp: mostly(NOW + 60),
  iat: mostly(NOW, undefined),
  nbf: mostly(undefined),
  sub: mostly('u1'),
  token_type: mostly('Bearer', 'DPoP', undefined),
  cnf: mostly(undefined, { jkt: 'x'.repeat(43) }),
})

/** The rules, written again independently of the code under test. */
function isGood({
  active,
  iss,
  aud,
  exp,
  iat,
  nbf,
  sub,
  token_type,
  cnf,
}: Record<string, unknown>) {
  const isNumber = (value: unknown): value is number =>
    typeof value === 'number' && Number.isFinite(value)
  const key: unknown = Object(cnf).jkt
  const isBound = typeof key === 'string' && /^[\w-]{43}$/.test(key)
  const type = token_type === undefined ? 'bearer' : String(token_type).toLowerCase()
  return (
    active === true &&
    (iss === undefined || iss === ISSUER) &&
    [aud].flat().includes(AUDIENCE) &&
    isNumber(exp) &&
    exp > NOW &&
    (iat === undefined || (isNumber(iat) && iat <= NOW)) &&
    (nbf === undefined || (isNumber(nbf) && nbf <= NOW)) &&
    typeof sub === 'string' &&
    sub !== '' &&
    (type === 'dpop' ? isBound : type === 'bearer' || type === 'access_token') &&
    (cnf === undefined || isBound)
  )
}

test('property: a hostile response is never more than the rules allow, and never throws', (t) => {
  let accepted = 0
  const bodies = fc.oneof(
    fc.string(),
    anyResponse.map((value) => JSON.stringify(value)),
  )
  const property = fc.property(bodies, (body) => {
    const found = readIntrospection('application/json', body)
    if (found === undefined || !found.active) return true
    const { value, code } = validateIntrospection(found.claims, EXPECTED, NOW)
    if (value === undefined) return code !== undefined
    accepted += 1
    return value['iss'] === ISSUER && isGood(JSON.parse(body))
  })
  fc.assert(property, { numRuns: 5_000 })
  t.ok(accepted > 100, `${accepted} are good`)
  for (const type of [
    null,
    'text/html',
    'application/token-introspection+jwt',
    'application/jsonx',
  ]) {
    t.equal(readIntrospection(type, '{"active":true}'), undefined, String(type))
  }
  t.ok(readIntrospection('Application/JSON ; charset=utf-8', '{"active":true}'))
  t.end()
})
