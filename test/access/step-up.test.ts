import * as oauth from 'oauth4webapi'
import type { Test } from 'tap'
import { test } from 'tap'
import type { Requirements } from '../../src/access/policy.ts'
import { type TestAppOptions, testApp } from '../support/app.ts'
import { KEY } from '../support/tokens/keys.ts'
import { CLIENT_KEY, proofFor, thumbprint } from '../support/tokens/proofs.ts'
import { claims, NOW, signJws, token } from '../support/tokens/tokens.ts'

/*
 * Step-up authentication (RFC 9470): the numbers of the tests are those of FRONTIER.md C.3. Number 9 is in
 * test/e2e/step-up.e2e.ts.
 */

const ROUTE = '/transfer'
const CHALLENGE =
  'Bearer realm="api", error="insufficient_user_authentication", error_description="The login is not strong or not recent enough for this resource."'
const INSUFFICIENT = { status: 401, message: 'Requires stronger authentication' }

/** An app with a route that has an access policy, and one that accepts any valid token. */
async function server(t: Test, access: Requirements, options: TestAppOptions = {}) {
  const { app, call, log } = await testApp(t, options)
  app.get(ROUTE, { config: { access } }, () => ({ message: 'in' }))
  app.get('/any', { config: { access: {} } }, ({ principal }) => ({
    message: JSON.stringify([principal?.acr, principal?.authTime]),
  }))
  return {
    app,
    async call(claims: Record<string, unknown>, url = ROUTE) {
      const { status, message, headers } = await call(url, token(claims))
      const challenge = headers['www-authenticate']
      return { status, message, challenge, refusal: log.at(-1)?.['refusal'] }
    },
  }
}

test('1: acr is one of the accepted values, or the challenge names them', async (t) => {
  const { call } = await server(t, { acr: ['urn:mfa'] })
  t.match(await call({ acr: 'urn:mfa' }), { status: 200 })
  const others = ['urn:MFA', 'urn:mfa2', 'urn:mf', '', ['urn:mfa'], 1, null, { mfa: 1 }, undefined]
  for (const acr of others) {
    t.strictSame(
      await call({ acr }),
      {
        ...INSUFFICIENT,
        challenge: `${CHALLENGE}, acr_values="urn:mfa"`,
        refusal: 'authentication_insufficient',
      },
      JSON.stringify(acr),
    )
  }
})

test('2: the login is at most as old as allowed, with the tolerance', async (t) => {
  const { app, call } = await server(t, { maxAge: 300 }, { environment: { CLOCK_TOLERANCE: '5' } })
  const statusAt = async (auth_time: unknown) => (await call({ auth_time })).status
  for (const age of [0, 300, 304, 305, -5]) t.equal(await statusAt(NOW - age), 200, `${age} s`)
  for (const age of [305.5, 306, 3000, -6]) t.equal(await statusAt(NOW - age), 401, `${age} s`)
  for (const other of [undefined, String(NOW), -1, null, [NOW], true]) {
    t.equal(await statusAt(other), 401, JSON.stringify(other))
  }
  t.match(await call({}), { ...INSUFFICIENT, challenge: `${CHALLENGE}, max_age="300"` })
  const infinite = JSON.stringify(claims()).replace(/}$/, ',"auth_time":1e999}')
  const header = { alg: KEY.alg, typ: 'JWT', kid: KEY.kid }
  const bearer = signJws(header, infinite)
  const headers = { authorization: `Bearer ${bearer}` }
  t.equal((await app.inject({ url: ROUTE, headers })).statusCode, 401)
  t.equal((await app.inject({ url: '/any', headers })).statusCode, 200)
})

test('2: a maxAge of 0 needs a login within the tolerance, and the time of issue does not count', async (t) => {
  const { call } = await server(t, { maxAge: 0 }, { environment: { CLOCK_TOLERANCE: '5' } })
  t.match(await call({ auth_time: NOW - 5 }), { status: 200 })
  const challenge = `${CHALLENGE}, max_age="0"`
  t.match(await call({ auth_time: NOW - 6 }), { ...INSUFFICIENT, challenge })
  t.match(await call({ iat: NOW, nbf: NOW }), INSUFFICIENT)
})

test('3: if both are required and one fails, the challenge names both', async (t) => {
  const { call } = await server(t, { acr: ['gold'], maxAge: 60 })
  const challenge = `${CHALLENGE}, acr_values="gold", max_age="60"`
  t.match(await call({ acr: 'gold', auth_time: NOW }), { status: 200 })
  t.match(await call({ acr: 'gold', auth_time: NOW - 100 }), { ...INSUFFICIENT, challenge })
  t.match(await call({ acr: 'tin', auth_time: NOW }), { ...INSUFFICIENT, challenge })
})

test('4: a missing permission or scope is 403, without a word of another login', async (t) => {
  const both = await server(t, { permissions: ['pay'], acr: ['gold'], maxAge: 1 })
  const denied = await both.call({ permissions: [] })
  t.match(denied, { status: 403, message: 'Permission denied', refusal: 'permission_missing' })
  t.notMatch(denied.challenge, /acr_values|max_age|user_authentication/)
  t.match(await both.call({ permissions: ['pay'] }), INSUFFICIENT)
  const scopes = await server(t, { scopes: ['pay'], acr: ['gold'] })
  t.match(await scopes.call({}), { status: 403, refusal: 'scope_missing' })
})

test('5: an unknown organization is reported first', async (t) => {
  const { call } = await server(t, { acr: ['gold'] })
  t.match(await call({ org_id: 'org_x' }), {
    status: 401,
    message: 'Bad credentials',
    refusal: 'organization_unknown',
  })
})

test('6: the same token is good for another route', async (t) => {
  const { call } = await server(t, { acr: ['gold'], maxAge: 10 })
  t.match(await call({}), INSUFFICIENT)
  t.match(await call({}, '/any'), { status: 200, message: '[null,null]' })
  const malformed = { acr: ['gold'], auth_time: 'yesterday' }
  t.match(await call(malformed, '/any'), { status: 200, message: '[null,null]' })
  const login = { acr: 'gold', auth_time: NOW - 9 }
  t.match(await call(login, '/any'), { message: `["gold",${NOW - 9}]` })
})

test('7: a cached token becomes too old while it stays in the cache', async (t) => {
  const clock = { now: NOW }
  const { call } = await server(
    t,
    { maxAge: 60 },
    { now: () => clock.now * 1000, environment: { CLOCK_TOLERANCE: '0' } },
  )
  const claims = { auth_time: NOW - 30 }
  t.match(await call(claims), { status: 200 })
  clock.now = NOW + 30
  t.match(await call(claims), { status: 200 }, 'from the cache')
  clock.now = NOW + 31
  t.match(await call(claims), INSUFFICIENT)
  t.match(await call(claims, '/any'), { status: 200 }, 'still valid')
})

test('8: with the scheme DPoP, the error is in the challenge of that scheme', async (t) => {
  const { app } = await testApp(t, { environment: { DPOP: 'allowed' } })
  app.get(ROUTE, { config: { access: { acr: ['gold'] } } }, () => ({ message: 'in' }))
  app.get('/bound', { config: { access: { acr: ['gold'], bound: true } } }, () => ({ message: '' }))
  const bearer = token({ cnf: { jkt: thumbprint(CLIENT_KEY) } })
  const call = async (url: string) => {
    const dpop = proofFor(bearer, { claims: { htu: `http://localhost:80${url}` } })
    const headers = { authorization: `DPoP ${bearer}`, dpop }
    return (await app.inject({ url, headers })).headers['www-authenticate']
  }
  const error = CHALLENGE.replace('Bearer realm="api", ', '')
  const dpop = `DPoP algs="ES256", ${error}, acr_values="gold"`
  t.equal(await call(ROUTE), `Bearer realm="api", ${dpop}`)
  t.equal(await call('/bound'), dpop)
  const plain = await app.inject({ url: ROUTE, headers: { authorization: `Bearer ${token()}` } })
  t.equal(plain.headers['www-authenticate'], `${CHALLENGE}, acr_values="gold", DPoP algs="ES256"`)
})

test('10: several values of acr keep their order', async (t) => {
  const { app, call } = await server(t, { acr: ['urn:b', 'urn:a'] })
  app.get('/other', { config: { access: { acr: ['urn:a', 'urn:b'] } } }, () => ({}))
  t.match(await call({ acr: 'urn:a' }), { status: 200 })
  t.match(await call({ acr: 'urn:b' }), { status: 200 })
  t.match(await call({ acr: 'urn:a urn:b' }), { challenge: /acr_values="urn:b urn:a"$/ })
  t.match(await call({}, '/other'), { challenge: /acr_values="urn:a urn:b"$/ })
})

test('11: values that no challenge can express stop the start', async (t) => {
  const { app } = await testApp(t)
  const declare = (access: unknown) => () =>
    app.get('/x', { config: { access: access as Requirements } }, () => ({}))
  for (const acr of [
    ['a b'],
    ['a"'],
    ['a\\'],
    ['a\n'],
    ['ä'],
    [''],
    [],
    'a',
    [1],
    Array(1),
    null,
  ]) {
    t.throws(
      declare({ acr }),
      /^The route GET \/x has an access policy whose acr are not a non-empty array of texts without spaces and quotes\.$/,
      JSON.stringify(acr),
    )
  }
  for (const maxAge of [-1, 1.5, '60', Number.NaN, Number.POSITIVE_INFINITY, null, [60]]) {
    t.throws(
      declare({ maxAge }),
      /^The route GET \/x has an access policy whose maxAge is not an integer of seconds, 0 or more\.$/,
      String(maxAge),
    )
  }
  t.throws(declare({ maxAge: 1, optional: true }), /optional/)
})

test('a policy whose challenge would be too long stops the start', async (t) => {
  const { app } = await testApp(t)
  let routes = 0
  const declare = (access: object) => {
    routes += 1
    const url = `/long/${routes}`
    return () => app.get(url, { config: { access } }, () => ({}))
  }
  const half = 'x'.repeat(511)
  for (const access of [
    { acr: [half, `${half}yy`] },
    { permissions: [half, `${half}yy`] },
    { permissions: [half], anyPermission: ['a'], scopes: [`${half}y`] },
  ]) {
    t.throws(
      declare(access),
      /has an access policy whose permissions and scopes, or acr, have more/,
    )
  }
  t.doesNotThrow(declare({ acr: [half, `${half}y`], permissions: [half], scopes: [`${half}y`] }))
})

test('12: nothing of a token is in a response', async (t) => {
  const { call } = await server(t, { acr: ['gold'], maxAge: 1 })
  for (const acr of ['mfa", scope="x', 'x\r\nset-cookie: a=b', 'gold gold', '\u0000', 'ö']) {
    t.strictSame(await call({ acr, auth_time: acr }), {
      ...INSUFFICIENT,
      challenge: `${CHALLENGE}, acr_values="gold", max_age="1"`,
      refusal: 'authentication_insufficient',
    })
  }
})

test('13: oauth4webapi reads the challenge', async (t) => {
  for (const DPOP of ['off', 'allowed']) {
    const { call } = await server(
      t,
      { acr: ['urn:b', 'urn:a'], maxAge: 300 },
      { environment: { DPOP } },
    )
    const { challenge } = await call({})
    const response = new Response(null, {
      status: 401,
      headers: { 'www-authenticate': String(challenge) },
    })
    const error = await oauth
      .protectedResourceRequest('x', 'GET', new URL('https://api.test/'), undefined, undefined, {
        [oauth.customFetch]: async () => response,
      })
      .catch((error) => error)
    t.match(error.cause[0], {
      scheme: 'bearer',
      parameters: {
        error: 'insufficient_user_authentication',
        acr_values: 'urn:b urn:a',
        max_age: '300',
      },
    })
  }
})

test('the claims can have other names, and be nested', async (t) => {
  const ACR_CLAIM = 'https://api.example.com/acr'
  const environment = { ACR_CLAIM, AUTH_TIME_CLAIM: '/login/time' }
  const { call } = await server(t, { acr: ['gold'], maxAge: 10 }, { environment })
  t.match(await call({ [ACR_CLAIM]: 'gold', login: { time: NOW } }), { status: 200 })
  t.match(await call({ acr: 'gold', auth_time: NOW }), INSUFFICIENT)
})

test('with problem details, the message is the detail', async (t) => {
  const { app } = await testApp(t, { problemDetails: true })
  app.get(ROUTE, { config: { access: { maxAge: 1 } } }, () => ({}))
  const headers = { authorization: `Bearer ${token()}` }
  t.match((await app.inject({ url: ROUTE, headers })).json(), {
    title: 'Unauthorized',
    status: 401,
    detail: INSUFFICIENT.message,
  })
})
