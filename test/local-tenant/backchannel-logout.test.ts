import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { type Test, test } from 'tap'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { serve } from '../support/process.ts'
import { redemption, requestToken, startTenant, visitor, WEB } from '../support/visitor.ts'

const SECRET = 'messages-web-hs256-secret-of-32-bytes-or-more'
const HS256 = { ...WEB, client_id: 'messages-web-hs256' }

/** A tenant whose web clients send the logout tokens they receive to this test. */
async function startWithReceiver(t: Test) {
  const tenant = await startTenant(t)
  const logoutTokens: string[] = []
  const origin = await serve(t, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    logoutTokens.push(String(new URLSearchParams(body).get('logout_token')))
    response.statusCode = request.url === '/fails' ? 500 : 204
    response.end()
  })
  const web = assertDefined(tenant.directory.clients.get('messages-web'))
  const hs256 = assertDefined(tenant.directory.clients.get('messages-web-hs256'))
  for (const client of [web, hs256]) client.backchannelLogoutUri = `${origin}/logout`
  return { ...tenant, logoutTokens, origin, web, hs256, person: visitor(tenant.issuer) }
}

const endSession = async (issuer: string, body: object, type = 'application/json') => {
  const response = await fetch(`${issuer}local-tenant/sessions/end`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('a logout notifies each client of the session that has a back-channel URI', async (t) => {
  const { issuer, logoutTokens, person, sessions, backchannel } = await startWithReceiver(t)
  const { answer } = await person.logIn('user', WEB)
  const secret = { client_secret: 'messages-web-secret' }
  const { body } = await requestToken(issuer, { ...redemption(answer['code']), ...WEB, ...secret })
  await person.authorize(HS256)
  await person.authorize()
  t.match(sessions.list(), [
    { clients: new Set(['messages-web', HS256.client_id, 'messages-spa']) },
  ])
  await person.visit('/oidc/logout')
  t.strictSame(sessions.list(), [])

  t.equal(logoutTokens.length, 2, 'the browser client has no back-channel URI')
  const [forWeb, forHs256] = logoutTokens.sort((token) =>
    decodeJwt(token).aud === 'messages-web' ? -1 : 1,
  )
  const keySet = createRemoteJWKSet(new URL(`${issuer}.well-known/jwks.json`))
  const { payload, protectedHeader } = await jwtVerify(String(forWeb), keySet)
  t.match(protectedHeader, { alg: 'RS256', typ: 'logout+jwt' })
  const { iat = 0, exp = 0, jti, ...claims } = payload
  t.match([exp - iat, jti], [120, /^[\w-]{36}$/])
  t.strictSame(claims, {
    iss: issuer,
    sub: 'local|user',
    aud: 'messages-web',
    sid: decodeJwt(String(body['id_token']))['sid'],
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })
  const signed = await jwtVerify(String(forHs256), new TextEncoder().encode(SECRET))
  t.match(signed, { payload: { aud: HS256.client_id }, protectedHeader: { typ: 'logout+jwt' } })
  t.match(backchannel.deliveries(), [{ outcome: 204 }, { outcome: 204 }])

  await person.logIn('user', WEB)
  await person.visit('/v2/logout')
  t.equal(logoutTokens.length, 3, 'Auth0’s own route too')
  await person.visit('/v2/logout')
  t.equal(logoutTokens.length, 3, 'nobody was logged in')
})

test('a client that fails, is unreachable or hangs does not block the logout', async (t) => {
  const { issuer, person, web, hs256, origin, backchannel } = await startWithReceiver(t)
  const hanging = await serve(t, () => {})
  web.backchannelLogoutUri = `${origin}/fails`
  await person.logIn('user', WEB)
  hs256.backchannelLogoutUri = 'http://127.0.0.1:1/'
  await person.authorize(HS256)
  t.equal((await person.visit('/v2/logout')).status, 200)
  t.match(backchannel.deliveries(), [{ outcome: 500 }, { outcome: /fetch failed/ }])

  web.backchannelLogoutUri = `${hanging}/`
  await person.logIn('user', WEB)
  const { body } = await endSession(issuer, { persona: 'user' })
  t.match(body, { notices: [{ client: 'messages-web', outcome: /TimeoutError/ }] })
})

test('sessions can be ended from outside the browser, by sid or persona', async (t) => {
  const { issuer, logoutTokens, person, sessions } = await startWithReceiver(t)
  const other = visitor(issuer)
  await person.logIn('user', WEB)
  await other.logIn('admin', WEB)
  const [first] = sessions.list()
  const ended = await endSession(issuer, { sid: first?.sid })
  t.match(ended, { status: 200, body: { ended: [first?.sid], notices: [{ outcome: 204 }] } })
  t.match(decodeJwt(String(logoutTokens[0])), { sub: 'local|user', sid: first?.sid })
  t.equal(decodeProtectedHeader(String(logoutTokens[0])).typ, 'logout+jwt')
  t.equal((await person.authorize({ prompt: 'none' })).answer['error'], 'login_required')
  t.ok((await other.authorize({ prompt: 'none' })).answer['code'])

  t.equal((await endSession(issuer, { sid: first?.sid })).status, 404)
  t.equal((await endSession(issuer, { persona: 'user' })).status, 404)
  t.equal((await endSession(issuer, { persona: 'admin' })).status, 200)
  t.equal((await endSession(issuer, {})).status, 400)
  t.equal((await endSession(issuer, { persona: 'admin' }, 'text/plain')).status, 415)
})

test('a new login of the same persona keeps the sid, another persona gets a new one', async (t) => {
  const { person, sessions } = await startWithReceiver(t)
  await person.logIn('user', WEB)
  const { sid, clients } = assertDefined(sessions.list()[0])
  await person.logIn('user', { ...HS256, prompt: 'login' })
  t.match(sessions.list(), [{ sid, clients }])
  t.equal(clients.size, 2)
  await person.logIn('admin', { ...WEB, prompt: 'login' })
  t.equal(sessions.list().length, 1)
  t.not(sessions.list()[0]?.sid, sid)
})

test('only hosts of this machine and allowed ones are called', async (t) => {
  const { issuer, directory, sessions, backchannel } = await startTenant(t, {
    allowedHosts: ['api.invalid'],
  })
  const web = assertDefined(directory.clients.get('messages-web'))
  const outcomeAt = async (uri: string) => {
    web.backchannelLogoutUri = uri
    await visitor(issuer).logIn('user', WEB)
    const [delivery] = await backchannel.notify(sessions.endWhere(() => true))
    return delivery?.outcome
  }
  for (const uri of ['http://192.0.2.1/', 'http://evil.test/', 'file://localhost/x']) {
    t.equal(await outcomeAt(uri), 'not called: ALLOWED_HOSTS lacks its host', uri)
  }
  t.match(await outcomeAt('http://api.invalid/logout'), /fetch failed/)
})
