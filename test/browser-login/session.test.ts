import { test } from 'tap'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { oddKeys } from '../support/app.ts'
import { fakeTenant, hs256, rs256 } from '../support/fake-tenant.ts'
import { BASE, SESSION_SECRET, site } from '../support/site.ts'

const COOKIE = 'messages-session'
const DAY = 24 * 60 * 60_000

test('the identifier is new at login, and a fixed one is worth nothing', async (t) => {
  const { visitor } = await site(t)
  const [uma, eve] = [visitor(), visitor()]
  await eve.visit('/login')
  const fixed = assertDefined(eve.jar.get(COOKIE))
  uma.jar.set(COOKIE, fixed)
  await uma.logIn()
  t.not(uma.jar.get(COOKIE), fixed)
  t.match((await uma.visit('/')).html, /You are Uma/)
  t.match((await eve.visit('/')).html, /not logged in/)
  t.equal((await eve.visit('/profile')).status, 401)
})

test('a cookie that was tampered with is none', async (t) => {
  const { visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const good = assertDefined(uma.jar.get(COOKIE))
  const [id = '', signature = ''] = good.split('.')
  const other = visitor()
  await other.visit('/login')
  const [otherId = ''] = assertDefined(other.jar.get(COOKIE)).split('.')
  for (const cookie of [
    `${otherId}.${signature}`,
    id,
    `${id}.`,
    `${good}x`,
    '',
    'x'.repeat(4000),
  ]) {
    const eve = visitor()
    eve.jar.set(COOKIE, cookie)
    t.equal((await eve.visit('/profile')).status, 401, cookie)
  }
  t.equal((await uma.visit('/profile')).status, 200)
})

test('the API does not take the cookie', async (t) => {
  const { app, visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const { status, html, headers } = await uma.visit('/api/messages/protected')
  t.match({ status, html }, { status: 401, html: '{"message":"Requires authentication"}' })
  t.equal(headers['set-cookie'], undefined)
  const cookie = `${COOKIE}=${uma.jar.get(COOKIE)}`
  const { statusCode } = await app.inject({ url: '/livez', headers: { cookie } })
  t.equal(statusCode, 200)
})

test('a session ends when nobody comes, and in any case after a while', async (t) => {
  const environment = { SESSION_MAX_AGE: String(2.5 * 86_400) }
  const { tenant, visitor, wait } = await site(t, { environment })
  tenant.tokens = { expires_in: 10 * 86_400 }
  const [uma, ida] = [visitor(), visitor()]
  await uma.logIn()
  await ida.logIn()
  for (let times = 0; times < 3; times += 1) {
    wait(0.75 * DAY)
    t.match((await uma.visit('/')).html, /You are Uma/, 'it goes on while it is used')
  }
  t.match((await ida.visit('/')).html, /not logged in/, 'idle for too long')
  wait(0.3 * DAY)
  t.match((await uma.visit('/')).html, /not logged in/, 'used to the last, and over')
})

test('https: a __Host- cookie, and no page without it', async (t) => {
  const environment = { APP_BASE_URL: 'https://app.test', TRUST_PROXY: '127.0.0.1' }
  const { visitor } = await site(t, { environment })
  const uma = visitor()
  t.match(await uma.visit('/'), { status: 400, html: /This page is for https/ })
  const headers = { 'x-forwarded-proto': 'https' }
  const { headers: answered, location } = await uma.visit('/login', { headers })
  t.match(
    answered['set-cookie'],
    /^__Host-messages-session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
  )
  t.equal(new URL(location).searchParams.get('redirect_uri'), 'https://app.test/callback')
})

test('logout: here, at the tenant, and back', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const before = assertDefined(uma.jar.get(COOKIE))
  const { status, location, headers } = await uma.post('/logout', { _csrf: await uma.csrf() })
  t.equal(status, 303)
  const { origin, pathname, searchParams } = new URL(location)
  t.strictSame([`${origin}/`, pathname], [tenant.issuer, '/oidc/logout'])
  t.equal(searchParams.get('post_logout_redirect_uri'), `${BASE}/`)
  t.match(searchParams.get('id_token_hint'), /^eyJ/)
  t.match(headers['set-cookie'], /^messages-session=; .*Expires=Thu, 01 Jan 1970/)
  uma.jar.set(COOKIE, before)
  t.equal((await uma.visit('/profile')).status, 401, 'the old cookie is worth nothing')
})

test('logout where the tenant has only a way of its own', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.metadata = { end_session_endpoint: undefined }
  const uma = visitor()
  await uma.logIn()
  const { location } = await uma.post('/logout', { _csrf: await uma.csrf() })
  const returnTo = encodeURIComponent(`${BASE}/`)
  t.equal(location, `${tenant.issuer}v2/logout?client_id=the-client&returnTo=${returnTo}`)
})

test('logout while the tenant is down', async (t) => {
  const tenant = await fakeTenant(t)
  const first = await site(t, { tenant })
  const uma = first.visitor()
  await uma.logIn()
  const token = await uma.csrf()
  const forgetful = first.tenant
  forgetful.down = true
  t.equal((await uma.post('/logout', { _csrf: token })).status, 303, 'it is known where to go')
  t.match((await uma.visit('/')).html, /not logged in/)
})

test('logout where it is not known any more who it was, or where to go', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const token = { _csrf: await uma.csrf() }
  await visitor().post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  const { status, location } = await uma.post('/logout', token)
  t.strictSame([status, location], [303, '/'])

  tenant.metadata = { end_session_endpoint: 'nowhere' }
  const broken = await site(t, { tenant })
  const ida = broken.visitor()
  await ida.logIn()
  const page = await ida.post('/logout', { _csrf: await ida.csrf() })
  t.match(page, { status: 500, html: /<h1>Internal Server Error<\/h1>/ })
  t.match(broken.log.at(-1), { level: 50, msg: 'request' })
  t.notMatch(page.html, 'nowhere')
  t.equal(log.filter(({ status }) => status === 500).length, 0)
})

test('without the tenant`s keys nobody is judged', async (t) => {
  const keys = oddKeys(() => {
    throw new KeysUnavailableError(1)
  })
  const { tenant, visitor } = await site(t, { keys })
  const uma = visitor()
  const { status, html } = await uma.logIn()
  t.match({ status, html }, { status: 503, html: /Logins cannot be checked/ })
  const told = await uma.post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  t.match(told, { status: 503, html: '{"message":"Service Unavailable"}' })
})

test('who sends a form from elsewhere, or without the token of the page, is refused', async (t) => {
  const { visitor } = await site(t)
  const [uma, eve] = [visitor(), visitor()]
  await uma.logIn()
  await eve.logIn()
  const token = { _csrf: await uma.csrf() }
  const attempts: [object, Record<string, string>][] = [
    [{}, {}],
    [{}, { _csrf: 'x' }],
    [{}, { _csrf: await eve.csrf() }],
    [{ 'sec-fetch-site': 'same-site' }, token],
    [{ 'sec-fetch-site': 'cross-site', origin: BASE }, token],
    [{ 'sec-fetch-site': undefined }, token],
    [{ 'sec-fetch-site': undefined, origin: 'null' }, token],
    [{ 'sec-fetch-site': undefined, origin: 'http://localhost:4040' }, token],
  ]
  for (const [headers, fields] of attempts) {
    const { status, html } = await uma.post('/logout', fields, headers)
    t.match({ status, html }, { status: 403, html: /not from here/ }, JSON.stringify(headers))
    t.equal((await uma.post('/session/token', fields, headers)).status, 403)
  }
  t.match((await uma.visit('/')).html, /You are Uma/)
  const old = { 'sec-fetch-site': undefined, origin: BASE }
  t.equal((await uma.post('/logout', token, old)).status, 303, 'an older browser')
  t.equal((await visitor().post('/logout', token)).status, 403)
})

test('a page of this origin gets its access token, and no other one', async (t) => {
  const { app, visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const token = await uma.csrf()
  const answer = await uma.post('/session/token', {}, { 'csrf-token': token })
  t.equal(answer.status, 200)
  t.match(answer.headers, { 'cache-control': 'no-store', 'content-type': /json/ })
  const { access_token, ...rest } = JSON.parse(answer.html)
  t.match(rest, { token_type: 'Bearer', expires_in: Number })
  t.strictSame(Object.keys(rest), ['token_type', 'expires_in'], 'no refresh token')
  const headers = { authorization: `Bearer ${access_token}` }
  t.equal((await app.inject({ url: '/api/messages/admin', headers })).statusCode, 200)
  await uma.post('/logout', { _csrf: token })
  const after = await uma.post('/session/token', {}, { 'csrf-token': token })
  t.match(after, { status: 403, html: '{"message":"Forbidden"}' })
})

test('log in as somebody else: the login before is over', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const before = assertDefined(uma.jar.get(COOKIE))
  tenant.claims = { sub: 'auth0|2', name: 'Ida' }
  await uma.logIn('?prompt=login')
  t.match((await uma.visit('/')).html, /You are Ida/)
  uma.jar.set(COOKIE, before)
  t.match((await uma.visit('/')).html, /not logged in/)
})

test('secrets rotate: the newest seals and signs, all open', async (t) => {
  const newer = 'a newer session secret of 32 or more'
  const first = await site(t)
  const uma = first.visitor()
  await uma.logIn()
  const options = { tenant: first.tenant }
  const both = await site(t, {
    ...options,
    environment: { SESSION_SECRET: `${newer},${SESSION_SECRET}` },
  })
  const moved = both.visitor()
  await moved.logIn()
  t.equal((await moved.visit('/profile')).status, 200)
  const signedByOld = both.visitor()
  signedByOld.jar.set(COOKIE, assertDefined(uma.jar.get(COOKIE)))
  t.equal((await signedByOld.visit('/')).status, 200)
})

test('back-channel logout ends every session of a sid, or of a subject', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const [laptop, phone, ida] = [visitor(), visitor(), visitor()]
  await laptop.logIn()
  tenant.claims = { sid: 'another' }
  await phone.logIn()
  tenant.claims = { sub: 'auth0|2', sid: undefined }
  await ida.logIn()
  const who = async () =>
    Promise.all([laptop, phone, ida].map(async (one) => (await one.visit('/profile')).status))
  const tell = (logout_token: string) => visitor().post('/backchannel-logout', { logout_token })

  const bySid = tenant.logoutToken()
  const told = await tell(bySid)
  t.match(told, { status: 200, html: '', headers: { 'cache-control': 'no-store' } })
  t.strictSame(await who(), [401, 200, 200])
  const bySubject = tenant.logoutToken({ sid: undefined })
  t.equal((await tell(bySubject)).status, 200)
  t.strictSame(await who(), [401, 401, 200])

  await laptop.logIn()
  t.match(await tell(bySubject), { status: 400, html: '{"message":"Bad Request"}' })
  t.equal(log.at(-1)?.['refusal'], 'logout_token_replayed')
  const refused: [string, string][] = [
    ['event_missing', tenant.logoutToken({ events: {} })],
    ['nonce_present', tenant.logoutToken({ nonce: 'n' })],
    ['audience_mismatch', tenant.logoutToken({ aud: 'another' })],
    ['algorithm_not_allowed', hs256({})],
    ['type_not_allowed', rs256({}, 'at+jwt')],
    ['token_malformed', 'x'],
  ]
  for (const [code, token] of refused) {
    t.equal((await tell(token)).status, 400)
    t.equal(log.at(-1)?.['refusal'], code)
  }
  t.equal((await visitor().post('/backchannel-logout')).status, 400)
  t.equal((await visitor().visit('/backchannel-logout')).status, 405)
  t.strictSame((await who())[2], 200)
})

test('a request that ends late brings no ended login back', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.tokens = { expires_in: 5 }
  const uma = visitor()
  await uma.logIn()
  let renewing = () => {}
  const began = new Promise<void>((resolve) => {
    renewing = resolve
  })
  let release = () => {}
  const held = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined)
  })
  tenant.answer = () => {
    renewing()
    return held
  }
  const late = uma.visit('/profile')
  await began
  await visitor().post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  release()
  t.equal((await late).status, 401)
  t.equal((await uma.visit('/profile')).status, 401)
})
