import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { type Test, test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { FEDERATED_GRANT } from '../../src/local-tenant/protocol/grant-types.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import {
  redemption,
  requestToken,
  startTenant,
  tenant,
  type Values,
  VERIFIER,
  visitor,
  WEB,
} from '../support/visitor.ts'

test('authorization codes that are stolen, replayed, mixed up or expired', async (t) => {
  const issuer = await tenant(t)
  const { logIn, authorize } = visitor(issuer)
  await logIn('user')
  const code = async () => (await authorize({ prompt: 'none' })).answer['code']
  const wrong: Values[] = [
    { code_verifier: VERIFIER.slice(1) },
    { code_verifier: undefined },
    { redirect_uri: 'http://localhost:4041' },
    { redirect_uri: undefined },
    { code: 'made-up' },
    { client_id: 'messages-web', client_secret: 'messages-web-secret' },
  ]
  for (const changes of wrong) {
    const answer = await requestToken(issuer, { ...redemption(await code()), ...changes })
    t.match(answer, { status: 400, body: { error: 'invalid_grant' } }, JSON.stringify(changes))
  }
  t.match(await requestToken(issuer, { ...redemption(undefined) }), {
    body: { error: 'invalid_request' },
  })
  t.match(await requestToken(issuer, { ...redemption(await code()), client_id: 'nobody' }), {
    status: 401,
    body: { error: 'access_denied' },
  })

  const replayed = redemption(await code())
  const { body } = await requestToken(issuer, replayed)
  const refresh = {
    grant_type: 'refresh_token',
    client_id: 'messages-spa',
    refresh_token: body['refresh_token'],
  }
  t.match(await requestToken(issuer, replayed), { status: 400, body: { error: 'invalid_grant' } })
  t.match(
    await requestToken(issuer, refresh),
    { body: { error: 'invalid_grant' } },
    'what it gave is revoked',
  )
  const userinfo = await fetch(`${issuer}userinfo`, {
    headers: { authorization: `Bearer ${body['access_token']}` },
  })
  t.equal(userinfo.status, 401)

  const late = redemption(await code())
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 60_000
  t.match(await requestToken(issuer, late), { status: 400, body: { error: 'invalid_grant' } })
})

test('refresh tokens rotate for public clients, and reuse revokes', async (t) => {
  const issuer = await tenant(t)
  const { answer } = await visitor(issuer).logIn('user')
  const { body: first } = await requestToken(issuer, redemption(answer['code']))
  const refresh = (token: string | undefined, changes: Values = {}) =>
    requestToken(issuer, {
      grant_type: 'refresh_token',
      client_id: 'messages-spa',
      refresh_token: token,
      ...changes,
    })
  const { status, body: second } = await refresh(first['refresh_token'])
  t.equal(status, 200)
  t.not(second['refresh_token'], first['refresh_token'])
  t.match(decodeJwt(String(second['id_token'])), { sub: 'local|user' })
  const { body: third } = await refresh(second['refresh_token'])
  t.match(await refresh(first['refresh_token']), { status: 400, body: { error: 'invalid_grant' } })
  t.match(
    await refresh(third['refresh_token']),
    { status: 400 },
    'the thief has nothing, nor has anybody',
  )
  t.match(await refresh('made-up'), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await refresh(undefined), { status: 400, body: { error: 'invalid_request' } })
})

test('scopes of the API that the persona holds are granted if they are requested', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const scope = 'read:admin-messages openid made:up openid profile'
  const tokenOf = async (persona: string, changes: Values = {}) => {
    const { answer } = await visitor(issuer).logIn(persona, { scope, ...changes })
    const { body } = await requestToken(issuer, redemption(answer['code']))
    return body
  }
  const granted = async (persona: string, changes: Values = {}) => {
    const body = await tokenOf(persona, changes)
    t.equal(decodeJwt(String(body['access_token']))['scope'], body['scope'])
    return body['scope']
  }
  t.equal(await granted('admin'), 'read:admin-messages openid profile')
  t.equal(await granted('user'), 'openid profile', 'without the permission')
  t.equal(await granted('admin', { scope: undefined }), '', 'nothing was requested')
  t.equal((await tokenOf('admin', { audience: undefined }))['scope'], 'openid profile', 'no API')
  const server = assertDefined(directory.api(api.identifier))
  server.enforce_policies = false
  t.equal(await granted('user'), 'read:admin-messages openid profile', 'without RBAC')
  server.allow_offline_access = false
  t.equal(await granted('user', { scope: 'offline_access openid' }), 'openid')
})

test('a refresh may have a narrower scope, never a wider one', async (t) => {
  const issuer = await tenant(t)
  const scope = 'openid email read:admin-messages offline_access'
  const { answer } = await visitor(issuer).logIn('admin', { scope })
  let { body } = await requestToken(issuer, redemption(answer['code']))
  const refresh = async (requested: string | undefined) => {
    const { refresh_token } = body
    const request = { grant_type: 'refresh_token', client_id: 'messages-spa', refresh_token }
    ;({ body } = await requestToken(issuer, { ...request, scope: requested }))
    t.match(body['refresh_token'], /^v1\./, 'also without offline_access')
    return body
  }
  const userinfo = ({ access_token }: Values) =>
    fetch(`${issuer}userinfo`, { headers: { authorization: `Bearer ${access_token}` } })

  const narrow = await refresh('read:admin-messages profile')
  t.equal(narrow['scope'], 'read:admin-messages', 'profile was not granted')
  t.match(decodeJwt(String(narrow['access_token'])), {
    scope: 'read:admin-messages',
    aud: api.identifier,
  })
  t.notOk('id_token' in narrow)
  t.equal((await userinfo(narrow)).status, 401)
  const openid = await refresh('openid')
  t.notOk('email' in decodeJwt(String(openid['id_token'])))
  t.strictSame(await (await userinfo(openid)).json(), { sub: 'local|admin' })
  t.equal((await refresh(undefined))['scope'], scope, 'that of the login')
})

test('a confidential client needs its secret, no PKCE, and keeps its refresh token', async (t) => {
  const issuer = await tenant(t)
  const plain = { ...WEB, code_challenge: undefined, code_challenge_method: undefined }
  const { answer, to } = await visitor(issuer).logIn('user', plain)
  t.equal(to, WEB.redirect_uri)
  const secret = { client_secret: 'messages-web-secret' }
  const redeem = { ...redemption(answer['code']), ...WEB, code_verifier: undefined }
  t.match(await requestToken(issuer, redeem), { status: 401, body: { error: 'access_denied' } })
  t.match(await requestToken(issuer, { ...redeem, ...secret, code_verifier: VERIFIER }), {
    body: { error: 'invalid_grant' },
  })
  const { body } = await requestToken(issuer, { ...redeem, ...secret })
  const refresh = {
    ...WEB,
    ...secret,
    grant_type: 'refresh_token',
    refresh_token: body['refresh_token'],
  }
  for (const _ of [1, 2]) {
    t.match(await requestToken(issuer, refresh), { body: { refresh_token: body['refresh_token'] } })
  }
  const spa = { ...refresh, client_id: 'messages-spa', client_secret: undefined }
  t.match(
    await requestToken(issuer, spa),
    { body: { error: 'invalid_grant' } },
    'another client’s token',
  )
})

const WEB_SECRET = { client_secret: 'messages-web-secret' }
const FEDERATED_TOKEN = 'http://auth0.com/oauth/token-type/federated-connection-access-token'

/** A tenant, and what exchanges the refresh token of a login there. */
async function startExchange(t: Test) {
  const tenant = await startTenant(t)
  const { answer } = await visitor(tenant.issuer).logIn('user', WEB)
  const code = redemption(answer['code'])
  const { body } = await requestToken(tenant.issuer, { ...code, ...WEB, ...WEB_SECRET })
  const request: Values = {
    grant_type: FEDERATED_GRANT,
    client_id: WEB.client_id,
    ...WEB_SECRET,
    subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
    subject_token: body['refresh_token'],
    requested_token_type: FEDERATED_TOKEN,
    connection: 'calendar',
  }
  return {
    ...tenant,
    body,
    replay: () => requestToken(tenant.issuer, { ...code, ...WEB, ...WEB_SECRET }),
    exchange: (changes: Values = {}) => requestToken(tenant.issuer, { ...request, ...changes }),
    calendar: async (token: string | undefined) => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${tenant.issuer}third-party/calendar`, { headers })
      return { status: response.status, body: await response.json() }
    },
  }
}

test('a refresh token is exchanged for the access token of a third party', async (t) => {
  const { exchange, calendar } = await startExchange(t)
  const { status, body } = await exchange()
  t.equal(status, 200)
  const { access_token: token, ...rest } = body
  t.strictSame(rest, {
    issued_token_type: FEDERATED_TOKEN,
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'read:calendar',
  })
  t.match(await calendar(token), {
    status: 200,
    body: { owner: 'user@example.com', events: [{ title: 'Lunch with Uma User' }] },
  })
  t.equal((await exchange()).status, 200, 'the refresh token goes on being good')
})

test('token exchanges that are rejected', async (t) => {
  const { exchange, directory } = await startExchange(t)
  const cases: [error: string, status: number, changes: Values][] = [
    ['invalid_request', 400, { connection: undefined }],
    ['invalid_request', 400, { connection: 'nowhere' }],
    ['invalid_request', 400, { subject_token: undefined }],
    [
      'invalid_request',
      400,
      { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    ],
    ['invalid_request', 400, { requested_token_type: undefined }],
    ['invalid_grant', 400, { subject_token: 'made-up' }],
    ['access_denied', 401, { client_secret: 'wrong' }],
    ['unauthorized_client', 400, { client_id: 'messages-spa', client_secret: undefined }],
    [
      'unauthorized_client',
      400,
      {
        client_id: 'messages-web-hs256',
        client_secret: 'messages-web-hs256-secret-of-32-bytes-or-more',
      },
    ],
    [
      'federated_connection_refresh_token_not_found',
      401,
      { connection: 'Username-Password-Authentication' },
    ],
  ]
  for (const [error, status, changes] of cases) {
    t.match(await exchange(changes), { status, body: { error } }, JSON.stringify(changes))
  }
  const web = assertDefined(directory.clients.get('messages-web'))
  web.grantTypes = ['authorization_code', 'refresh_token']
  t.match(await exchange(), { body: { error: 'unauthorized_client' } })
  assertDefined(directory.clients.get('messages-spa')).grantTypes = [FEDERATED_GRANT]
  const spa = { client_id: 'messages-spa', client_secret: undefined }
  t.match(await exchange(spa), { body: { error: 'unauthorized_client' } }, 'a public client')
})

test('the third party accepts only exchanged tokens that have not expired', async (t) => {
  const { exchange, calendar, body, replay, directory } = await startExchange(t)
  for (const bad of [body['access_token'], body['refresh_token'], 'made-up', '']) {
    t.match(await calendar(bad), { status: 401, body: { error: 'invalid_token' } })
  }
  const { name, ...calendarConnection } = assertDefined(directory.connections.get('con_calendar'))
  directory.connections.add({ ...calendarConnection, id: 'con_other', name: `other-${name}` })
  const { body: other } = await exchange({ connection: 'other-calendar' })
  t.equal((await calendar(other['access_token'])).status, 401, 'of another connection')

  const { body: first } = await exchange()
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 3_600_000
  t.equal((await calendar(first['access_token'])).status, 401, 'an hour later')
  Date.now = now
  t.equal((await calendar(first['access_token'])).status, 200)
  await replay()
  t.equal((await calendar(first['access_token'])).status, 401, 'revoked')
})

const HS256 = {
  client_id: 'messages-web-hs256',
  client_secret: 'messages-web-hs256-secret-of-32-bytes-or-more',
}

test('ID tokens of a client with HS256 are signed with its secret', async (t) => {
  const issuer = await tenant(t)
  const { logIn } = visitor(issuer)
  const request = { ...WEB, client_id: HS256.client_id }
  const { answer } = await logIn('user', request)
  const { body } = await requestToken(issuer, {
    ...redemption(answer['code']),
    ...request,
    ...HS256,
  })
  const { alg, kid } = decodeProtectedHeader(String(body['id_token']))
  t.strictSame([alg, kid], ['HS256', undefined])
  const secret = new TextEncoder().encode(HS256.client_secret)
  const { payload } = await jwtVerify(String(body['id_token']), secret)
  t.match(payload, { iss: issuer, aud: HS256.client_id, nonce: 'the-nonce', sub: 'local|user' })

  const keySet = createRemoteJWKSet(new URL(`${issuer}.well-known/jwks.json`))
  t.ok(await jwtVerify(String(body['access_token']), keySet), 'access tokens are RS256 as ever')
  await t.rejects(jwtVerify(String(body['id_token']), keySet))
})

test('max_age: a login that is too old must be repeated', async (t) => {
  const issuer = await tenant(t)
  const { logIn, authorize } = visitor(issuer)
  await logIn('user')
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  t.ok((await authorize({ max_age: '60' })).answer['code'])
  const strict = { prompt: 'none', max_age: '0' }
  t.equal((await authorize(strict)).answer['error'], 'login_required', 'zero: always')

  Date.now = () => now() + 62_000
  t.ok((await authorize({ max_age: '120', prompt: 'none' })).answer['code'])
  const page = await authorize({ max_age: '60' })
  t.match([page.status, page.html], [200, 'Log in'])
  const silent = await authorize({ max_age: '60', prompt: 'none' })
  t.equal(silent.answer['error'], 'login_required')

  const { answer } = await logIn('user', { max_age: '60' })
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const { auth_time: authTime } = decodeJwt(String(body['id_token']))
  t.ok(Number(authTime) >= Math.floor(now() / 1000) + 61)
  for (const max_age of ['soon', '-1', '1.5', '']) {
    t.equal((await authorize({ max_age })).answer['error'], 'invalid_request', max_age)
  }
})

test('consent is granted without a page', async (t) => {
  const { logIn, authorize } = visitor(await tenant(t))
  await logIn('user')
  t.ok((await authorize({ prompt: 'consent' })).answer['code'])
})

test('a refresh token is revoked by its client (RFC 7009)', async (t) => {
  const issuer = await tenant(t)
  const { logIn } = visitor(issuer)
  const revoke = async (values: Values, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams(values as Record<string, string>)
    const response = await fetch(`${issuer}oauth/revoke`, { method: 'POST', body, headers })
    return { status: response.status, text: await response.text() }
  }
  const { answer } = await logIn('user')
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const { access_token, refresh_token } = body as { access_token: string; refresh_token: string }
  const [spa, token] = ['messages-spa', String(refresh_token)]
  const userinfo = async () => {
    const headers = { authorization: `Bearer ${access_token}` }
    return (await fetch(`${issuer}userinfo`, { headers })).status
  }
  const web = { client_id: 'messages-web', client_secret: 'messages-web-secret' }
  t.match(await revoke({ ...web, token }), { status: 200 }, 'not its client: ignored')
  t.match(await revoke({ client_id: spa, token: 'unknown' }), { status: 200, text: '' })
  t.equal(await userinfo(), 200)
  t.match(await revoke({ client_id: spa }), { status: 400, text: /Missing required parameter/ })
  t.match(await revoke({ client_id: 'nobody', token }), { status: 401, text: /access_denied/ })
  t.match(await revoke({ client_id: spa, token }), { status: 200, text: '' })
  t.equal(await userinfo(), 401)
  const renewal = { grant_type: 'refresh_token', client_id: spa, refresh_token: token }
  t.match(await requestToken(issuer, renewal), { body: { error: 'invalid_grant' } })
})
