import { test } from 'tap'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { fakeTenant, hs256, rs256 } from '../support/fakes/tenant.ts'
import { BASE, site } from '../support/site.ts'
import { oddKeys } from '../support/tokens/keys.ts'
import { until } from '../support/until.ts'

const COOKIE = 'messages-session-6060'
const DAY = 24 * 60 * 60_000

test('the session id is new at login, so session fixation fails', async (t) => {
  const { visitor } = await site(t)
  const [uma, eve] = [visitor(), visitor()]
  await eve.visit('/login')
  const fixed = assertDefined(eve.jar.get(COOKIE))
  uma.jar.set(COOKIE, fixed)
  await uma.logIn()
  t.not(uma.jar.get(COOKIE), fixed)
  t.match((await uma.visit('/')).html, /You are logged in as Uma/)
  t.match((await eve.visit('/')).html, /not logged in/)
  t.equal((await eve.visit('/profile')).status, 401)
})

test('a tampered cookie is rejected', async (t) => {
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

test('the API ignores the cookie', async (t) => {
  const { app, visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const { status, html, headers } = await uma.visit('/probe/protected')
  t.match({ status, html }, { status: 401, html: '{"message":"Requires authentication"}' })
  t.equal(headers['set-cookie'], undefined)
  const cookie = `${COOKIE}=${uma.jar.get(COOKIE)}`
  const { statusCode } = await app.inject({ url: '/livez', headers: { cookie } })
  t.equal(statusCode, 200)
})

test('a session ends when it is idle, and at its maximum age', async (t) => {
  const environment = { SESSION_MAX_AGE: String(2.5 * 86_400) }
  const { tenant, visitor, wait } = await site(t, { environment })
  tenant.tokens = { expires_in: 10 * 86_400 }
  const [uma, ida] = [visitor(), visitor()]
  await uma.logIn()
  await ida.logIn()
  for (let times = 0; times < 3; times += 1) {
    wait(0.75 * DAY)
    t.match(
      (await uma.visit('/')).html,
      /You are logged in as Uma/,
      'it continues while it is used',
    )
  }
  t.match((await ida.visit('/')).html, /not logged in/, 'idle for too long')
  wait(0.3 * DAY)
  t.match((await uma.visit('/')).html, /not logged in/, 'maximum age')
})

test('https: a __Host- cookie, and 400 over http', async (t) => {
  const environment = { APP_BASE_URL: 'https://app.test', TRUST_PROXY: '127.0.0.1' }
  const { visitor } = await site(t, { environment })
  const uma = visitor('https://app.test')
  t.match(await uma.visit('/'), { status: 400, html: /HTTPS required/ })
  const headers = { 'x-forwarded-proto': 'https' }
  const { headers: answered, location } = await uma.visit('/login', { headers })
  t.match(
    answered['set-cookie'],
    /^__Host-messages-session=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
  )
  t.equal(new URL(location).searchParams.get('redirect_uri'), 'https://app.test/callback')
})

test('the name of the cookie is configured', async (t) => {
  const environment = { SESSION_COOKIE_NAME: 'notes' }
  const { visitor } = await site(t, { environment })
  const uma = visitor()
  await uma.logIn()
  t.strictSame([...uma.jar.keys()], ['notes-6060'])
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
  t.match(headers['set-cookie'], /^messages-session-6060=; .*Expires=Thu, 01 Jan 1970/)
  uma.jar.set(COOKIE, before)
  t.equal((await uma.visit('/profile')).status, 401, 'the old cookie is invalid')
})

test('logout revokes the refresh token, and so does a login as a different user', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const revoked = () => tenant.revocations.map((one) => one.get('token'))
  const failures = () => log.filter(({ event }) => event === 'revocation_failed')
  const uma = visitor()
  const logOut = async () => uma.post('/logout', { _csrf: await uma.csrf() })
  await uma.logIn()
  await uma.logIn('?prompt=login')
  t.strictSame(revoked(), ['refresh-1'])
  t.equal((await logOut()).status, 303)
  t.strictSame(revoked(), ['refresh-1', 'refresh-2'])
  t.match(Object.fromEntries(tenant.revocations[0] ?? []), {
    token_type_hint: 'refresh_token',
    client_id: 'the-client',
    client_secret: /./,
  })
  t.strictSame(failures(), [])

  tenant.revocationStatus = 500
  await uma.logIn()
  t.equal((await logOut()).status, 303, 'a failure does not stop a logout')
  t.match(failures(), [{ level: 40, causes: ['tenant_unavailable'] }])
  t.equal(revoked().length, 3)

  tenant.tokens = { refresh_token: undefined }
  await uma.logIn()
  t.equal((await logOut()).status, 303)
  t.equal(revoked().length, 3, 'without a refresh token')
})

test('logout at a tenant without endpoints for logout and revocation', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.metadata = { end_session_endpoint: undefined, revocation_endpoint: undefined }
  const uma = visitor()
  await uma.logIn()
  const { location } = await uma.post('/logout', { _csrf: await uma.csrf() })
  const returnTo = encodeURIComponent(`${BASE}/`)
  t.equal(location, `${tenant.issuer}v2/logout?client_id=the-client&returnTo=${returnTo}`)
})

test('an ID token of 64 KiB is accepted, and is not in the logout URL', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const groups = (length: number) => Array.from({ length }, (_, index) => `cn=group-${index},dc=a`)
  tenant.claims = { groups: groups(2000) }
  const uma = visitor()
  t.equal((await uma.logIn()).status, 303)
  t.match((await uma.visit('/profile')).html, 'cn&#61;group-1999')
  const { location } = await uma.post('/logout', { _csrf: await uma.csrf() })
  const { searchParams } = new URL(location)
  t.strictSame(Object.fromEntries(searchParams), {
    client_id: 'the-client',
    post_logout_redirect_uri: `${BASE}/`,
  })
  tenant.claims = { groups: groups(3000) }
  t.equal((await uma.logIn()).status, 400)
  t.match(log.at(-2), { event: 'page_failed', causes: ['token_too_large'] })
})

test('without a session here, the home page ends the one at the tenant', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  t.match((await uma.visit('/')).html, /<button class="linklike">Log out there<\/button>/)
  await uma.visit('/login')
  t.ok(uma.jar.has(COOKIE))
  const { status, location } = await uma.post('/logout')
  t.equal(status, 303)
  t.match(location, `${tenant.issuer}oidc/logout`)
  t.notOk(uma.jar.has(COOKIE), 'the session of a browser without a login ends too')
  await uma.logIn()
  t.notMatch((await uma.visit('/')).html, /Log out there/)
})

test('the refresh token of a login that is ended elsewhere is revoked', async (t) => {
  const { tenant, visitor } = await site(t)
  const revoked = async (number: number) =>
    until(async () => tenant.revocations.some((one) => one.get('token') === `refresh-${number}`))
  const uma = visitor()
  await uma.logIn()
  await uma.post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  await revoked(1)

  tenant.tokens = { expires_in: 5 }
  await uma.logIn()
  tenant.tokens = { id_token: tenant.idToken({ sub: 'auth0|2' }) }
  t.equal((await uma.visit('/profile')).status, 401)
  await revoked(2)
  await revoked(3)

  tenant.tokens = { expires_in: 5 }
  await uma.logIn()
  tenant.answer = async () => {
    await visitor().post('/backchannel-logout', { logout_token: tenant.logoutToken() })
    return undefined
  }
  t.equal((await uma.visit('/profile')).status, 401, 'it ended during the renewal')
  await revoked(5)
})

test('logout while the tenant is down', async (t) => {
  const tenant = await fakeTenant(t)
  const first = await site(t, { tenant })
  const uma = first.visitor()
  await uma.logIn()
  const token = await uma.csrf()
  const forgetful = first.tenant
  forgetful.down = true
  t.equal((await uma.post('/logout', { _csrf: token })).status, 303, 'the logout URL is cached')
  t.match((await uma.visit('/')).html, /not logged in/)
})

test('logout without a login, or with an invalid logout endpoint', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const token = { _csrf: await uma.csrf() }
  await visitor().post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  const { status, location } = await uma.post('/logout', token)
  const { origin, pathname, searchParams } = new URL(location)
  t.strictSame([status, `${origin}/`, pathname], [303, tenant.issuer, '/oidc/logout'])
  t.equal(searchParams.get('client_id'), 'the-client')
  t.equal(searchParams.get('id_token_hint'), null)

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

test('503 while the signing keys are unavailable', async (t) => {
  const keys = oddKeys(() => {
    throw new KeysUnavailableError(1)
  })
  const { tenant, visitor } = await site(t, { keys })
  const uma = visitor()
  const { status, html } = await uma.logIn()
  t.match({ status, html }, { status: 503, html: /Logins cannot be verified right now/ })
  const response = await uma.post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  t.match(response, { status: 503, html: '{"message":"Service Unavailable"}' })
})

test('a form from another origin, or without a CSRF token, is rejected', async (t) => {
  const { visitor } = await site(t)
  const [uma, eve] = [visitor(), visitor()]
  await uma.logIn()
  await eve.logIn()
  const token = { _csrf: await uma.csrf() }
  const attempts: [object, Record<string, string>][] = [
    [{ 'sec-fetch-site': 'same-site' }, token],
    [{ 'sec-fetch-site': 'cross-site', origin: BASE }, token],
    [{ 'sec-fetch-site': undefined }, token],
    [{ 'sec-fetch-site': undefined, origin: 'null' }, token],
    [{ 'sec-fetch-site': undefined, origin: 'http://localhost:4040' }, token],
  ]
  for (const [headers, fields] of attempts) {
    const { status, html } = await uma.post('/logout', fields, headers)
    t.match(
      { status, html },
      { status: 403, html: /Request blocked \(CSRF\)/ },
      JSON.stringify(headers),
    )
    t.equal((await uma.post('/session/token', fields, headers)).status, 403)
  }
  for (const fields of [{}, { _csrf: 'x' }, { _csrf: await eve.csrf() }]) {
    const { status, location } = await uma.post('/logout', fields)
    t.strictSame([status, location], [303, '/'], 'led home')
    t.equal((await uma.post('/session/token', fields)).status, 403)
  }
  t.match((await uma.visit('/')).html, /You are logged in as Uma/)
  const old = { 'sec-fetch-site': undefined, origin: BASE }
  t.equal((await uma.post('/logout', token, old)).status, 303, 'an older browser')
})

test('logout from a page that is older than the session', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const stale = { _csrf: await uma.csrf() }
  await uma.logIn()
  const { status, location } = await uma.post('/logout', stale)
  t.strictSame([status, location], [303, '/'], 'the newer login is shown')
  t.match((await uma.visit('/')).html, /You are logged in as Uma/)

  t.equal((await uma.post('/logout', { _csrf: await uma.csrf() })).status, 303)
  for (const late of [uma, visitor()]) {
    const again = await late.post('/logout', stale)
    t.equal(again.status, 303, 'with no session here, the one at the tenant is ended')
    t.match(again.location, tenant.issuer)
  }
  const crossSite = { 'sec-fetch-site': 'cross-site' }
  t.equal((await visitor().post('/logout', stale, crossSite)).status, 403)
})

test('bodies of more than 8 KiB are not read', async (t) => {
  const { visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  for (const path of ['/backchannel-logout', '/logout', '/session/token']) {
    const fields = { logout_token: 'x', _csrf: await uma.csrf() }
    t.equal((await uma.post(path, { ...fields, more: 'x'.repeat(8_192) })).status, 413, path)
    t.not((await uma.post(path, { ...fields, more: 'x'.repeat(8_000) })).status, 413, path)
    if (path === '/logout') await uma.logIn()
  }
})

test('a page of this origin gets its access token', async (t) => {
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
  t.equal((await app.inject({ url: '/probe/admin', headers })).statusCode, 200)
  await uma.post('/logout', { _csrf: token })
  const after = await uma.post('/session/token', {}, { 'csrf-token': token })
  t.match(after, { status: 401, html: '{"message":"Unauthorized"}' })
  const never = await visitor().post('/session/token')
  t.equal(never.status, 401, 'without a session')
})

test('a login as a different user ends the previous login', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const before = assertDefined(uma.jar.get(COOKIE))
  tenant.claims = { sub: 'auth0|2', name: 'Ida' }
  await uma.logIn('?prompt=login')
  t.match((await uma.visit('/')).html, /You are logged in as Ida/)
  uma.jar.set(COOKIE, before)
  t.match((await uma.visit('/')).html, /not logged in/)
})

test('back-channel logout ends the sessions of a sid or of a subject', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const [laptop, phone, ida] = [visitor(), visitor(), visitor()]
  await laptop.logIn()
  tenant.claims = { sid: 'another' }
  await phone.logIn()
  tenant.claims = { sub: 'auth0|2', sid: undefined }
  await ida.logIn()
  const who = async () =>
    Promise.all([laptop, phone, ida].map(async (one) => (await one.visit('/profile')).status))
  const sendLogout = (logout_token: string) =>
    visitor().post('/backchannel-logout', { logout_token })

  const bySid = tenant.logoutToken()
  const response = await sendLogout(bySid)
  t.match(response, { status: 200, html: '', headers: { 'cache-control': 'no-store' } })
  t.strictSame(await who(), [401, 200, 200])
  const bySubject = tenant.logoutToken({ sid: undefined })
  t.equal((await sendLogout(bySubject)).status, 200)
  t.strictSame(await who(), [401, 401, 200])

  await laptop.logIn()
  t.match(await sendLogout(bySubject), { status: 400, html: '{"message":"Bad Request"}' })
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
    t.equal((await sendLogout(token)).status, 400)
    t.equal(log.at(-1)?.['refusal'], code)
  }
  t.equal((await visitor().post('/backchannel-logout')).status, 400)
  t.equal((await visitor().visit('/backchannel-logout')).status, 405)
  t.strictSame((await who())[2], 200)
})

test('a back-channel logout that arrives while the callback redeems its code wins', async (t) => {
  const { tenant, visitor } = await site(t)
  for (const changes of [{}, { sid: undefined }]) {
    const uma = visitor()
    const address = await uma.answer('?returnTo=/reports')
    let status: number | undefined
    tenant.answer = async () => {
      const logout_token = tenant.logoutToken(changes)
      status = (await visitor().post('/backchannel-logout', { logout_token })).status
      return undefined
    }
    const page = await uma.visit(address)
    t.equal(status, 200)
    t.match(page, { status: 401, html: /Your session has ended/ })
    t.match(page.html, 'href="/login?returnTo&#61;%2Freports"')
    t.match((await uma.visit('/')).html, /not logged in/)
    t.match(tenant.revocations.at(-1)?.get('token'), /^refresh-/)
    tenant.answer = () => undefined
    t.equal((await uma.logIn()).location, '/profile', 'a later login is not affected')
  }
})

test('a slow request does not restore a login that has ended', async (t) => {
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
