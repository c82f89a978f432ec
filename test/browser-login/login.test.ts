import { test } from 'tap'
import { CLIENT, fakeTenant, hs256, SECRET } from '../support/fakes/tenant.ts'
import { BASE, site } from '../support/site.ts'

test('a login, from the home page to the profile', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const uma = visitor()
  const home = await uma.visit('/')
  t.match(home, { status: 200, html: /not logged in/ })
  t.equal(home.headers['set-cookie'], undefined, 'no cookie without a login')

  const { status, headers, location } = await uma.visit('/login')
  t.equal(status, 303)
  t.match(
    headers['set-cookie'],
    /^messages-session-6060=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
  )
  const { origin, pathname, searchParams } = new URL(location)
  t.strictSame([`${origin}/`, pathname], [tenant.issuer, '/authorize'])
  t.match(Object.fromEntries(searchParams), {
    client_id: CLIENT,
    response_type: 'code',
    redirect_uri: `${BASE}/callback`,
    scope: 'openid profile email offline_access',
    audience: 'https://api.test',
    code_challenge_method: 'S256',
    code_challenge: /^[\w-]{43}$/,
    state: /^[\w-]{43}$/,
    nonce: /^[\w-]{43}$/,
  })

  const landed = await uma.logIn()
  t.strictSame([landed.status, landed.location], [303, '/profile'])
  const [redeemed] = tenant.tokenRequests
  t.match(redeemed?.get('code_verifier'), /^[\w-]{43}$/)
  t.equal(redeemed?.get('client_secret'), SECRET)

  const profile = await uma.visit('/profile')
  t.equal(profile.status, 200)
  t.match(profile.html, '<h1>Uma &#60;User&#62;</h1>')
  for (const name of ['public', 'protected', 'admin']) {
    t.match(
      profile.html,
      `<dt>/probe/${name}</dt><dd><span class="chip good">200</span> ${name}</dd>`,
    )
  }
  t.match((await uma.visit('/')).html, /You are logged in as Uma/)
  const text = JSON.stringify(log)
  for (const secret of ['refresh-1', SECRET, 'eyJ', redeemed?.get('code') ?? '']) {
    t.notMatch(text, secret, 'nothing secret is logged')
    t.notMatch(profile.html, secret, 'or shown')
  }
})

test('only the known parameters of a link are sent to the tenant', async (t) => {
  const { tenant, visitor } = await site(t, { environment: { LOGIN_MAX_AGE: '60' } })
  const invited =
    'invitation=ticket1&organization=org_acme&organization_name=acme&login_hint=a%40b.test'
  const uma = visitor()
  t.equal(
    (await uma.logIn(`?${invited}&returnTo=/&scope=all&redirect_uri=https://evil.test`)).location,
    '/',
  )
  t.match(Object.fromEntries(tenant.authorizationRequest), {
    invitation: 'ticket1',
    organization: 'org_acme',
    organization_name: 'acme',
    login_hint: 'a@b.test',
    max_age: '60',
    scope: 'openid profile email offline_access',
    redirect_uri: `${BASE}/callback`,
  })
  t.equal(tenant.authorizationRequest.get('returnTo'), null)
  const how = {
    connection: 'google-oauth2',
    ui_locales: 'fr-CA fr en',
    acr_values: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
    prompt: 'none',
  }
  await uma.answer(`?${new URLSearchParams(how)}`)
  t.match(Object.fromEntries(tenant.authorizationRequest), how)
  t.match((await uma.visit('/profile')).html, 'Organization: acme')
  const { location } = await uma.visit('/signup?prompt=login')
  t.match(Object.fromEntries(new URL(location).searchParams), {
    screen_hint: 'signup',
    prompt: 'login',
  })
  for (const query of [
    'organization=a%0d%0ab',
    'organization=a&organization=b',
    'invitation=%3Cscript%3E',
    'prompt=create',
    'connection=a%20b',
    'ui_locales=de;en',
    'acr_values=a%0ab',
    `login_hint=${'a'.repeat(300)}`,
  ]) {
    const { status, html, headers } = await uma.visit(`/login?${query}`)
    t.match({ status, html }, { status: 400, html: /This link does not work/ }, query)
    t.equal(headers['location'], undefined)
  }
})

test('a login redirects only to a path of this server', async (t) => {
  const { visitor } = await site(t)
  const uma = visitor()
  const wrong = [
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    'https://evil.test',
    'javascript:alert(1)',
    '/\t/evil.test',
    '/%0a\n/evil.test',
    '/..//evil.test',
    '/.//evil.test',
    'evil',
    '',
    'é',
    '/é',
    '/callback?code=1',
    '/login',
    '/logout',
    '/signup?x',
    `/${'a'.repeat(1100)}`,
  ]
  for (const path of wrong) {
    const query = `?returnTo=${encodeURIComponent(path)}`
    t.equal((await uma.logIn(query)).location, '/profile', JSON.stringify(path))
  }
  t.equal((await uma.logIn('?returnTo=/a&returnTo=/b')).location, '/profile')
  const good: [string, string][] = [
    ['/', '/'],
    ['/federated/github?x=1#y', '/federated/github?x=1#y'],
    ['/a/../profile', '/profile'],
    ['/loginology', '/loginology'],
  ]
  for (const [path, expected] of good) {
    t.equal((await uma.logIn(`?returnTo=${encodeURIComponent(path)}`)).location, expected)
  }
})

test('an authorization response is accepted once, in the browser that started', async (t) => {
  const { tenant, visitor, wait, log } = await site(t)
  const [uma, eve] = [visitor(), visitor()]
  const refused = async (page: Promise<{ status: number; html: string; headers: object }>) => {
    const { status, html, headers } = await page
    t.match(
      { status, html },
      { status: 400, html: /This login link has expired or was already used/ },
    )
    t.match(headers, { 'content-type': /html/, 'cache-control': 'no-store' })
  }
  const address = await uma.answer()
  await refused(eve.visit(address))
  await eve.answer()
  await refused(eve.visit(address))
  t.equal((await uma.visit(address)).status, 303, 'other browsers have not used it up')
  await refused(eve.visit(address))
  await refused(eve.visit('/callback'))
  await refused(eve.visit('/callback?code=x&state=x'))
  await refused(eve.visit('/callback?error=access_denied&error_description=Call+me&state=x'))
  t.equal((await uma.visit('/callback?state=a&state=b')).status, 400)

  const late = await eve.answer()
  wait(10 * 60_000 + 1)
  await refused(eve.visit(late))
  const forged = (await uma.answer()).replace(/code=[^&]+/, 'code=forged')
  t.match(await uma.visit(forged), { status: 400, html: /No such code/ })
  const twice = `${await uma.answer()}&code=x`
  t.match(await uma.visit(twice), { status: 400, html: /Login failed/ })
  t.equal(log.filter(({ refusal }) => refusal === 'state_unknown').length, 7)
  const { status } = await uma.visit('/callback', { method: 'HEAD' })
  t.equal(status, 405, 'a HEAD request uses up nothing')
  t.ok(tenant.tokenRequests.length > 0)
})

test('the back button after a login leads on', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  const address = await uma.answer('?returnTo=/reports')
  t.equal((await uma.visit(address)).location, '/reports')
  const cookies = [...uma.jar]
  t.equal((await uma.visit(address)).location, '/reports', 'where the login led')
  for (const back of ['/callback', '/callback?error=access_denied&state=x']) {
    const { status, location } = await uma.visit(back)
    t.strictSame([status, location], [303, '/profile'])
  }
  t.equal(tenant.tokenRequests.length, 1, 'the response is not accepted again')
  t.strictSame([...uma.jar], cookies)
})

test('a login at another host name starts at APP_BASE_URL', async (t) => {
  const { tenant, app, visitor } = await site(t)
  const uma = visitor('http://127.0.0.1:6060')
  const { status, headers, location } = await uma.visit('/login?organization=org_a&returnTo=/x')
  t.equal(status, 303)
  t.equal(headers['set-cookie'], undefined)
  t.equal(location, `${BASE}/login?organization=org_a&returnTo=%2Fx&at_base=1`)
  const signup = await uma.visit('/signup?returnTo=//evil.test')
  t.equal(signup.location, `${BASE}/signup?returnTo=%2Fprofile&at_base=1`)

  const here = visitor()
  const landed = await here.logIn(location.slice(`${BASE}/login`.length))
  t.strictSame([landed.status, landed.location], [303, '/x'])
  t.equal(tenant.authorizationRequest.get('at_base'), null)
  t.equal(tenant.authorizationRequest.get('organization'), 'org_a')
  t.match((await visitor('http://LocalHost:6060').visit('/login')).location, tenant.issuer)

  const rewritten = { host: 'backend:8080' }
  const again = await app.inject({ url: location.slice(BASE.length), headers: rewritten })
  t.match(again.headers.location, tenant.issuer, 'no loop if a proxy changes the host')
})

test('several tabs may log in, up to a limit', async (t) => {
  const { visitor } = await site(t)
  const uma = visitor()
  const tabs: string[] = []
  for (let tab = 0; tab < 6; tab += 1) tabs.push(await uma.answer())
  const statuses: number[] = []
  for (const tab of tabs) statuses.push((await uma.visit(tab)).status)
  t.strictSame(statuses, [400, 303, 303, 303, 303, 303])
})

test('errors of the tenant are shown, with the matching status', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  const refusals: [string, string, number][] = [
    ['access_denied', 'user is not part of the org_b organization', 403],
    ['invalid_request', 'invitation not found or already used', 400],
    ['login_required', 'Login required', 401],
    ['consent_required', 'Consent required', 401],
    ['unauthorized', 'user is blocked', 403],
    ['<b>odd</b>', '<script>alert(1)</script>', 403],
    ['constructor', 'a name of JavaScript', 403],
    ['__proto__', 'another', 403],
    ['temporarily_unavailable', 'later', 503],
    ['server_error', 'broken', 503],
  ]
  for (const [error, description, expected] of refusals) {
    tenant.refusal = { error, error_description: description }
    const { status, html, headers } = await uma.logIn()
    t.equal(status, expected, error)
    if (status < 500) t.match(html, description.replaceAll('<', '&#60;').replaceAll('>', '&#62;'))
    t.notMatch(html, '<script')
    if (status === 401) t.match(headers['www-authenticate'], /^Cookie /)
    if (status === 503) t.equal(headers['retry-after'], '2')
  }
  t.match((await uma.visit('/')).html, /not logged in/)
})

test('starting logins is rate limited by client address', async (t) => {
  for (const environment of [{}, { AUTH_FAILURES_MAX: '5' }]) {
    const { app } = await site(t, { environment })
    const login = (remoteAddress: string) => app.inject({ url: '/login?at_base', remoteAddress })
    for (let times = 0; times < 100; times += 1) {
      t.equal((await login('192.0.2.1')).statusCode, 303)
    }
    const { statusCode, headers, body } = await login('192.0.2.1')
    t.match({ statusCode, headers }, { statusCode: 429, headers: { 'retry-after': '60' } })
    t.match(body, /Wait a minute/)
    t.equal((await login('192.0.2.2')).statusCode, 303, 'other addresses are not limited')
  }
})

test('begun logins of one network do not end those of others', async (t) => {
  const { app, tenant, visitor } = await site(t)
  const uma = visitor()
  const address = await uma.answer()
  await visitor().visit('/login')
  const begin = async (remoteAddress: string) => {
    const response = await app.inject({ url: '/login?at_base', remoteAddress })
    if (response.statusCode !== 303) t.fail(String(response.statusCode))
    return response
  }
  const first = await begin('2001:db8:1::1')
  for (let subnet = 1; subnet <= 105; subnet += 1) {
    for (let times = 0; times < 100; times += 1) {
      await begin(`2001:db8:1:${subnet.toString(16)}::${times.toString(16)}`)
    }
  }
  t.equal((await uma.visit(address)).location, '/profile', 'another network')
  const answer = await fetch(String(first.headers.location), { redirect: 'manual' })
  const { pathname, search } = new URL(String(answer.headers.get('location')))
  const cookie = String(first.headers['set-cookie']).split(';')[0]
  const late = await app.inject({ url: pathname + search, headers: { cookie } })
  t.equal(late.statusCode, 400, 'the oldest of the same network')
  t.equal(tenant.tokenRequests.length, 1)
})

test('an invalid ID token is rejected', async (t) => {
  const { tenant, visitor, log } = await site(t, { environment: { LOGIN_MAX_AGE: '60' } })
  const uma = visitor()
  const old = Math.floor(Date.now() / 1000) - 3600
  for (const claims of [
    { nonce: 'another' },
    { nonce: undefined },
    { iss: 'https://evil.test/' },
    { aud: 'another' },
    { exp: old },
    { auth_time: old },
    { auth_time: undefined },
    { sub: '' },
  ]) {
    tenant.claims = claims
    t.equal((await uma.logIn()).status, 400, JSON.stringify(claims))
  }
  tenant.claims = { org_id: 'org_b', org_name: 'b' }
  const { status, html } = await uma.logIn('?organization=org_a')
  t.match({ status, html }, { status: 403, html: /Wrong organization/ })
  t.match(log.at(-2), { event: 'page_failed', causes: ['organization_mismatch'] })
  tenant.claims = {}
  tenant.tokens = { id_token: undefined }
  t.equal((await uma.logIn()).status, 400, 'no ID token')
  tenant.tokens = {}
  tenant.sign = hs256
  t.equal((await uma.logIn()).status, 400, 'another algorithm')
  t.match((await uma.visit('/')).html, /not logged in/)
})

test('HS256, if it is configured', async (t) => {
  const tenant = await fakeTenant(t)
  tenant.sign = hs256
  const { visitor, log } = await site(t, { tenant, environment: { ID_TOKEN_ALG: 'HS256' } })
  t.equal((await visitor().logIn()).status, 303)
  tenant.sign = (claims) => hs256(claims, 'JWT', 'another secret')
  t.equal((await visitor().logIn()).status, 400)
  t.match(log.at(-2), { causes: ['signature_invalid'] })
})

test('the tenant goes down and comes back', async (t) => {
  const { tenant, visitor, app } = await site(t)
  const uma = visitor()
  tenant.down = true
  const { status, html } = await uma.visit('/login')
  t.match({ status, html }, { status: 503, html: /The login service is unavailable/ })
  t.equal((await app.inject('/probe/public')).statusCode, 200)
  tenant.down = false
  const address = await uma.answer()
  tenant.answer = () => ({ status: 503, body: 'down' })
  t.equal((await uma.visit(address)).status, 503)
  tenant.answer = () => ({ status: 429, body: { error: 'too_many_requests' } })
  t.equal((await uma.logIn()).status, 503)
  tenant.answer = () => undefined
  t.equal((await uma.logIn()).status, 303)
})

test('a response of the tenant that is too large or too deep is an outage', async (t) => {
  const { tenant, visitor } = await site(t)
  for (const filler of ['x'.repeat(600_000), JSON.parse('['.repeat(200) + ']'.repeat(200))]) {
    tenant.metadata = { filler }
    t.equal((await visitor().visit('/login')).status, 503)
  }
  tenant.metadata = {}
  tenant.answer = () => ({ body: 'x'.repeat(600_000) })
  const uma = visitor()
  t.equal((await uma.visit(await uma.answer())).status, 503)
})

test('what the token endpoint says about this client is not the fault of the person', async (t) => {
  const { tenant, visitor, log } = await site(t)
  const uma = visitor()
  const rejections: [string, number, Record<string, string>?][] = [
    // Auth0 returns this for a wrong client secret.
    ['access_denied', 401],
    ['access_denied', 401, { 'www-authenticate': 'Basic realm="tenant"' }],
    ['invalid_client', 401],
    ['unauthorized_client', 403],
    ['invalid_request', 400],
  ]
  for (const [error, status, headers] of rejections) {
    tenant.answer = () => ({ status, headers, body: { error, error_description: 'Unauthorized' } })
    const page = await uma.logIn('?returnTo=/x')
    t.match(page, { status: 503, html: /The login service does not accept this site/ }, error)
    t.match(page.html, 'href="/login?returnTo&#61;%2Fx"')
    t.notMatch(page.html, 'Unauthorized')
    t.match(log.at(-2), { level: 40, event: 'page_failed', causes: [error] })
    t.equal(log.at(-1)?.['refusal'], 'client_rejected')
  }
  const headers = { 'www-authenticate': 'Basic realm="tenant"' }
  tenant.answer = () => ({ status: 401, headers, body: 'not JSON' })
  t.equal((await uma.logIn()).status, 503)
  t.match(log.at(-2), { event: 'page_failed', causes: ['OAUTH_WWW_AUTHENTICATE_CHALLENGE'] })
  tenant.answer = () => undefined
  tenant.refusal = { error: 'unauthorized_client' }
  t.equal((await uma.logIn()).status, 503)
  t.match(log.at(-2), { event: 'page_failed', causes: ['unauthorized_client'] })
})

test('pages and error pages are HTML and run no script', async (t) => {
  const { tenant, visitor, app } = await site(t)
  const uma = visitor()
  await uma.logIn()
  const origin = tenant.issuer.slice(0, -1)
  const policy = (extra = '') =>
    new RegExp(
      `^default-src 'none'; style-src 'self'; img-src data:${extra}; base-uri 'none'; ` +
        `frame-ancestors 'none'; connect-src 'self'; form-action 'self' ${origin}$`,
    )
  for (const [path, status] of [
    ['/', 200],
    ['/login?prompt=x', 400],
    ['/federated/x', 404],
  ] as const) {
    const page = await uma.visit(path)
    t.equal(page.status, status)
    t.match(page.headers['content-security-policy'], policy())
    t.match(page.headers, {
      'content-type': 'text/html; charset=utf-8',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    t.notMatch(page.html, /<script|style=|\son\w+=/)
    const sheet = await uma.visit(
      /<link rel="stylesheet" href="([^"]+)">/.exec(page.html)?.[1] ?? '',
    )
    t.match(
      sheet,
      { status: 200, html: /^a { color: var\(--accent\)/m },
      'links are readable in dark mode',
    )
  }
  const { headers } = await uma.visit('/profile')
  t.match(headers['content-security-policy'], policy(' https:'))
  t.match((await uma.visit('/login', { headers: { host: 'a b' } })).html, '<h1>Bad Request</h1>')
  const tooBig = {
    method: 'POST',
    payload: 'x'.repeat(2e6),
    headers: {
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
  } as const
  t.match(await uma.visit('/logout', tooBig), { status: 413, html: /<h1>/ })
  t.match((await app.inject({ method: 'PUT', url: '/profile' })).json(), {
    message: 'Method Not Allowed',
  })
})

test('pictures are loaded by https only', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.claims = { picture: 'https://img.test/a.png?x="><script>', name: '', nickname: 'uma' }
  const uma = visitor()
  await uma.logIn()
  const { html } = await uma.visit('/profile')
  t.match(html, '<img src="https://img.test/a.png?x&#61;&#34;&#62;&#60;script&#62;"')
  t.notMatch(html, 'avatar large" aria-hidden')
  t.match(html, '<h1>uma</h1>')
  tenant.claims = { picture: 'http://img.test/a.png', name: undefined }
  await uma.logIn()
  const { html: without } = await uma.visit('/profile')
  t.notMatch(without, '<img')
  t.match(without, '<span class="avatar large" aria-hidden="true">', 'initials')
})

test('the profile shows dates as dates, and whether the e-mail address is verified', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  const profileWith = async (claims: object) => {
    tenant.claims = { ...claims }
    await uma.logIn()
    return (await uma.visit('/profile')).html
  }
  const time = '<time datetime="2026-01-02T03:04:05.000Z">2 Jan 2026, 03:04 UTC</time>'
  for (const updated_at of ['2026-01-02T03:04:05.000Z', 1767323045]) {
    t.match(await profileWith({ updated_at }), `<dt>updated_at</dt><dd>${time}</dd>`)
  }
  t.match(await profileWith({ updated_at: 'never' }), '<dt>updated_at</dt><dd>never</dd>')
  const email = 'uma@example.com'
  t.match(await profileWith({ email, email_verified: true }), 'chip good">E-mail verified<')
  t.match(await profileWith({ email, email_verified: false }), 'chip warn">E-mail not verified<')
  t.notMatch(await profileWith({ email: 1, email_verified: 'yes' }), /E-mail (not )?verified/)
})

test('the calls of the profile are for the host that counts', async (t) => {
  const { visitor } = await site(t, {
    environment: {
      AUTH0_ORGANIZATIONS: 'acme:org_acme',
      ORGANIZATION_REQUIRED: 'false',
      ORGANIZATION_DOMAIN: 'api.test',
      TRUST_PROXY: 'loopback',
      TRUST_FORWARDED_HOST: 'true',
    },
  })
  const uma = visitor()
  await uma.logIn()
  t.match((await uma.visit('/profile')).html, /<span class="chip good">200<.span> protected<.dd>/)
  const headers = { 'x-forwarded-host': 'acme.api.test' }
  t.match(
    (await uma.visit('/profile', { headers })).html,
    /<dt>.probe.protected<.dt><dd><span class="chip bad">401<.span>/,
  )
})

test('without routes to call, the profile says how to name some', async (t) => {
  const { visitor } = await site(t, { profileRoutes: [] })
  const uma = visitor()
  await uma.logIn()
  const { status, html } = await uma.visit('/profile')
  t.equal(status, 200)
  t.match(html, /No calls are shown here.*<code>profileRoutes</)
})

test('the profile shows calls whose response has another form than ours', async (t) => {
  const { app, visitor } = await site(t, { profileRoutes: ['/list', '/text', '/problem'] })
  const config = { access: {} }
  app.get('/list', { config }, () => [1, 2])
  app.get('/text', { config }, () => 'not JSON')
  app.get('/problem', { config }, (_request, reply) => {
    reply.code(404).type('application/problem+json')
    return { title: 'Not Found', detail: 'There is no such note.' }
  })
  const uma = visitor()
  await uma.logIn()
  const { status, html } = await uma.visit('/profile')
  t.equal(status, 200)
  for (const path of ['list', 'text']) {
    t.match(html, `<dt>/${path}</dt><dd><span class="chip good">200</span> </dd>`)
  }
  t.match(html, /404<.span> There is no such note\.<.dd>/)
})
