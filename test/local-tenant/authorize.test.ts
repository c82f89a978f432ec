import fc from 'fast-check'
import { decodeJwt } from 'jose'
import { test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { toUserResponse } from '../../src/local-tenant/management-api/resources/user-mapping.ts'
import { isAllowedUri } from '../../src/local-tenant/protocol/authorization/authorization-request.ts'
import { validateTenantData } from '../../src/tenant-data/validate-tenant-data.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import {
  REQUEST,
  redemption,
  requestToken,
  startTenant,
  tenant,
  type Values,
  visitor,
  WEB,
} from '../support/visitor.ts'

test('invalid client or redirect URI: an error page, never a redirect', async (t) => {
  const { authorize, visit } = visitor(await tenant(t))
  const cases: Values[] = [
    { client_id: 'nobody' },
    { client_id: undefined },
    { redirect_uri: undefined },
    { redirect_uri: 'https://evil.test/' },
    { redirect_uri: 'http://localhost.evil.test/' },
    { redirect_uri: 'http://localhost@evil.test/' },
    { redirect_uri: 'http://me:pw@localhost:4040/' },
    { redirect_uri: 'http://localhost:4040/#fragment' },
    { redirect_uri: 'javascript://localhost/%0aalert(1)' },
    { redirect_uri: 'https://evil.test/', response_mode: 'web_message' },
    { ...WEB, redirect_uri: 'http://localhost:6060/callback/' },
    { ...WEB, redirect_uri: 'http://localhost:4040' },
    { ...WEB, redirect_uri: 'http://localhost:6060/callback?next=evil' },
    { ...WEB, redirect_uri: 'https://evil.test/callback' },
    { client_id: 'messages-machine', redirect_uri: 'http://localhost:4040' },
  ]
  for (const changes of cases) {
    const page = await authorize(changes)
    t.equal(page.status, 400, JSON.stringify(changes))
    t.equal(page.to, undefined)
    t.match(page.headers.get('content-type'), 'text/html')
    t.notMatch(page.html, 'evil.test')
  }
  t.equal((await visit('/authorize?client_id=a&client_id=b')).status, 400)
})

test('URLs that a parser would repair are rejected: for codes, after a logout, and as origins', async (t) => {
  const issuer = await tenant(t)
  const { authorize, visit } = visitor(issuer)
  const repaired = [
    'http://127.0.0.1\\@evil.test/',
    'http://localhost\\.evil.test/',
    'http:\\\\localhost/',
    'http:/localhost/',
    'http:localhost',
    'http://localhost:4040/a\\b',
    'http://localhost:4040/a b',
    ' http://localhost:4040/',
    'http://local\thost:4040/',
    'http://localhost:4040/\n',
    'http://@localhost:4040/',
    'http://localhost:4040/#',
    'http://ｌocalhost:4040/',
    'http://local%68ost:4040/',
  ]
  const logoutAt = (path: string, name: string, uri: string) =>
    visit(`${path}?client_id=messages-spa&${new URLSearchParams({ [name]: uri })}`)
  for (const uri of repaired) {
    t.equal((await authorize({ redirect_uri: uri })).status, 400, JSON.stringify(uri))
    t.equal((await logoutAt('/v2/logout', 'returnTo', uri)).status, 400)
    t.equal((await logoutAt('/oidc/logout', 'post_logout_redirect_uri', uri)).status, 400)
  }
  for (const path of ['/x/../callback', '/%2e/callback', '/./callback']) {
    const redirect_uri = `http://localhost:6060${path}`
    t.equal((await authorize({ ...WEB, redirect_uri })).status, 400, path)
  }
  for (const origin of ['http://127.0.0.1\\@evil.test', 'http://me@localhost', 'http:localhost']) {
    const { headers } = await fetch(`${issuer}oauth/token`, {
      method: 'OPTIONS',
      headers: { origin },
    })
    t.equal(headers.get('access-control-allow-origin'), null, origin)
  }
  const uri = "http://localhost:4040/a/~b-c_(d)!$&'*+,;=:@%2F?e=f/?g"
  t.equal((await authorize({ redirect_uri: uri })).status, 200, 'all characters of RFC 3986')
})

test('a URL that is accepted is on this machine for readers that repair nothing', async () => {
  const start = fc.constantFrom('http://localhost', 'https://127.0.0.1', 'http://[::1]', '')
  const part = fc.constantFrom(
    ...['http:', 'https:', '/', '//', '\\', '@', ':', '?', '#', '.', '..', '%', ' ', '\t', '4040'],
    ...['localhost', '127.0.0.1', '[::1]', 'evil.test', 'a'],
  )
  const parts = fc.array(part, { maxLength: 6 })
  const host = /^https?:\/\/(localhost|127\.0\.0\.1\.?|\[::1\])(:\d*)?($|[/?])/
  fc.assert(
    fc.property(start, parts, (start, parts) => {
      const uri = start + parts.join('')
      if (!isAllowedUri(uri, ['loopback'])) return true
      return host.test(uri) && !/[\\#\s]/.test(uri)
    }),
    { numRuns: 5000 },
  )
})

test('the callbacks of servers have one of two paths, at any port of this machine', async (t) => {
  const { authorize } = visitor(await tenant(t))
  const statusAt = async (redirect_uri: string) =>
    (await authorize({ ...WEB, redirect_uri })).status
  t.equal(await statusAt('http://localhost:4040/callback'), 200)
  t.equal(await statusAt('http://127.0.0.1:3000/api/auth/callback'), 200)
  for (const path of ['/', '/api/auth', '/api/auth/callback/', '/api/callback', '/callback/api']) {
    t.equal(await statusAt(`http://localhost:4040${path}`), 400, path)
  }
})

test('the data of a client lists rules and URLs', async (t) => {
  const client_id = 'app'
  const redirectUris = ['loopback/in', 'loopback/in-again', 'https://app.example/in']
  const data = { api, personas: [{ name: 'ann' }], clients: [{ id: client_id, redirectUris }] }
  const { issuer } = await startTenant(t, { data: validateTenantData(data, 'data') })
  const { authorize } = visitor(issuer)
  const statusAt = async (redirect_uri: string) =>
    (await authorize({ client_id, redirect_uri })).status
  t.equal(await statusAt('http://localhost:1/in-again'), 200)
  t.equal(await statusAt('https://app.example/in'), 200)
  t.equal(await statusAt('https://app.example/in-again'), 400)
  const wrong = { ...data, clients: [{ id: client_id, redirectUris: ['loopbacks/in'] }] }
  t.throws(() => validateTenantData(wrong, 'data'), /clients\/0\/redirectUris\/0 must match/)
})

test('other invalid parameters: an error response to the client, in order, with its state', async (t) => {
  const { authorize } = visitor(await tenant(t))
  const cases: [error: string, changes: Values][] = [
    ['invalid_request', { response_type: undefined }],
    ['unsupported_response_type', { response_type: 'token', code_challenge: undefined }],
    ['invalid_request', { response_mode: 'fragment' }],
    ['invalid_request', { code_challenge: undefined, audience: 'https://other.test' }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { code_challenge_method: undefined }],
    ['invalid_request', { code_challenge: 'short' }],
    ['invalid_request', { ...WEB, code_challenge_method: 'plain' }],
    ['access_denied', { audience: 'https://other.test', organization: 'nobody' }],
    ['invalid_request', { organization: 'nobody', prompt: 'none' }],
    ['invalid_request', { prompt: 'none login' }],
    ['login_required', { prompt: 'none' }],
  ]
  for (const [error, changes] of cases) {
    const { status, to, answer } = await authorize(changes)
    t.strictSame([status, to], [303, changes['redirect_uri'] ?? 'http://localhost:4040/'])
    t.match(
      answer,
      { error, error_description: String, state: 'the-state' },
      JSON.stringify(changes),
    )
  }
})

test('login, code, tokens', async (t) => {
  const issuer = await tenant(t)
  const { logIn } = visitor(issuer)
  const { to, answer, headers } = await logIn('admin')
  t.equal(to, 'http://localhost:4040/')
  t.equal(answer['state'], 'the-state')
  t.match(headers.getSetCookie()[0], /HttpOnly; SameSite=Lax/)
  const { status, body } = await requestToken(issuer, redemption(answer['code']))
  t.equal(status, 200)
  t.match(body, { token_type: 'Bearer', expires_in: 86_400, scope: REQUEST.scope })
  t.match(decodeJwt(String(body['access_token'])), {
    iss: issuer,
    sub: 'local|admin',
    aud: [api.identifier, `${issuer}userinfo`],
    azp: 'messages-spa',
    permissions: ['read:admin-messages'],
  })
  const idToken = decodeJwt(String(body['id_token']))
  t.match(idToken, {
    iss: issuer,
    sub: 'local|admin',
    aud: 'messages-spa',
    azp: 'messages-spa',
    nonce: 'the-nonce',
    auth_time: Number,
    sid: String,
    name: 'Ada Admin',
    email: 'admin@example.com',
  })
  t.notOk('org_id' in idToken)
  const { body: again } = await requestToken(
    issuer,
    redemption(
      (await logIn('admin', { scope: 'openid', nonce: undefined, prompt: 'login' })).answer['code'],
    ),
  )
  t.notOk('refresh_token' in again, 'only with offline_access')
  t.strictSame(Object.keys(decodeJwt(String(again['id_token']))).sort(), [
    'aud',
    'auth_time',
    'azp',
    'exp',
    'iat',
    'iss',
    'sid',
    'sub',
  ])
})

test('without an audience the access token is opaque, and /userinfo accepts it', async (t) => {
  const issuer = await tenant(t)
  const { logIn } = visitor(issuer)
  const { answer } = await logIn('user', { audience: undefined, scope: 'openid email' })
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const token = String(body['access_token'])
  t.match(token, /^[\w-]{32}$/)
  const userinfo = (bearer: string) =>
    fetch(`${issuer}userinfo`, { headers: { authorization: `Bearer ${bearer}` } })
  t.strictSame(await (await userinfo(token)).json(), {
    sub: 'local|user',
    email: 'user@example.com',
    email_verified: true,
  })
  const plain = await logIn('user', { prompt: 'login', scope: 'email' })
  const { body: forApi } = await requestToken(issuer, redemption(plain.answer['code']))
  t.equal(decodeJwt(String(forApi['access_token'])).aud, api.identifier, 'no openid, no userinfo')
  const unopened = await logIn('user', { prompt: 'login', audience: undefined, scope: 'email' })
  const { body: noOpenid } = await requestToken(issuer, redemption(unopened.answer['code']))
  t.notOk('id_token' in noOpenid)
  for (const bad of [String(noOpenid['access_token']), 'unknown', '']) {
    const rejected = await userinfo(bad)
    t.equal(rejected.status, 401)
    t.match(rejected.headers.get('www-authenticate'), 'error="invalid_token"')
  }
})

test('an internal error is a page without details', async (t) => {
  const { directory, issuer } = await startTenant(t)
  directory.personas.add({
    name: 'broken',
    email: 'broken@example.com',
    roles: [],
    organizations: [],
    get displayName(): string {
      throw new Error('inside')
    },
  })
  const page = await visitor(issuer).authorize()
  t.equal(page.status, 500)
  t.match(page.html, 'The local tenant failed.')
  t.notMatch(page.html, 'inside')
})

test('a session makes a login unnecessary, unless the client requests one', async (t) => {
  const issuer = await tenant(t)
  const { authorize, logIn, visit } = visitor(issuer)
  await logIn('user')
  const silent = await authorize({ prompt: 'none' })
  t.ok(silent.answer['code'])
  t.equal((await authorize({ prompt: 'login' })).status, 200)
  t.equal((await authorize({ prompt: 'login consent' })).status, 200)
  t.equal((await authorize({ screen_hint: 'signup' })).status, 200)
  t.equal(
    (await authorize({ organization: 'acme', prompt: 'none' })).answer['error'],
    'login_required',
  )
  await visit('/v2/logout?client_id=messages-spa')
  t.equal((await authorize({ prompt: 'none' })).answer['error'], 'login_required')
})

test('two tenants on one host keep their sessions in one browser', async (t) => {
  const [one, other] = [await tenant(t), await tenant(t)]
  const cookieOf = ({ headers }: { headers: Headers }) =>
    headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const cookies = [
    cookieOf(await visitor(one).logIn('user')),
    cookieOf(await visitor(other).logIn('admin')),
  ]
  // A browser keeps one cookie of each name, whatever the port.
  const jar = new Map(cookies.map((cookie) => cookie.split('=') as [string, string]))
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  for (const issuer of [one, other]) {
    const url = `${issuer}authorize?${new URLSearchParams({ ...REQUEST, prompt: 'none' })}`
    const { headers } = await fetch(url, { redirect: 'manual', headers: { cookie } })
    t.match(headers.get('location'), /\?code=/)
  }
})

test('organizations, by id and by name', async (t) => {
  const issuer = await tenant(t)
  for (const organization of ['org_acme', 'acme', 'ACME']) {
    const { answer } = await visitor(issuer).logIn('acme-member', { organization })
    const { body } = await requestToken(issuer, redemption(answer['code']))
    for (const name of ['access_token', 'id_token']) {
      t.match(decodeJwt(String(body[name])), { org_id: 'org_acme', org_name: 'acme' })
    }
  }
  const rejected = await visitor(issuer).logIn('user', { organization: 'acme' })
  t.match(rejected.answer, { error: 'access_denied', state: 'the-state' })
  t.strictSame(rejected.headers.getSetCookie(), [], 'and no session')

  const chosen = await visitor(issuer).logIn('acme-member', {}, { organization: 'org_acme' })
  const { body } = await requestToken(issuer, redemption(chosen.answer['code']))
  t.match(decodeJwt(String(body['access_token'])), { org_id: 'org_acme' })
  const foreign = await visitor(issuer).logIn('acme-member', {}, { organization: 'org_globex' })
  t.equal(foreign.answer['error'], 'access_denied')

  const member = visitor(issuer)
  await member.logIn('acme-member')
  t.ok((await member.authorize({ organization: 'acme', prompt: 'none' })).answer['code'])
})

test('the login page has one button for each persona and organization', async (t) => {
  const { authorize, visit, post } = visitor(await tenant(t))
  const page = await authorize({ login_hint: 'admin@example.com' })
  t.equal(page.html.match(/<button name="persona"/g)?.length, 5)
  t.match(page.html, /value="admin" autofocus/)
  t.match(page.headers.get('content-security-policy'), "default-src 'none'")
  t.match(page.html, 'Nobody has a password')
  const ofAcme = await authorize({ organization: 'acme' })
  t.match(ofAcme.html, 'organization <strong>Acme</strong>')
  const transaction = /transaction=([\w-]+)"/.exec(ofAcme.html)?.[1]
  t.match((await visit(`/login?transaction=${transaction}`)).html, 'organization <strong>Acme')
  t.match((await visit(`/signup?transaction=${transaction}`)).html, 'Sign up')
  const again = await post('/login', { transaction, persona: 'nobody' })
  t.match(again, { status: 400, html: /role="alert"[^>]+>There is no such persona/ })
  t.equal((await post('/login', { transaction, persona: 'acme-admin' })).status, 303)
  t.equal((await post('/login', { transaction: 'made-up', persona: 'user' })).status, 400)
  t.equal((await visit('/login')).status, 400)
})

test('a signup creates a persona that can log in again', async (t) => {
  const issuer = await tenant(t)
  const { authorize, post } = visitor(issuer)
  const signUp = async (values: Values) => {
    const page = await authorize({ screen_hint: 'signup' })
    return post('/signup', {
      transaction: /name="transaction" value="([^"]+)"/.exec(page.html)?.[1],
      ...values,
    })
  }
  const hostile = '"><script>alert(1)</script>'
  const { answer } = await signUp({ email: 'new@example.com', name: hostile })
  const { body } = await requestToken(issuer, redemption(answer['code']))
  t.match(decodeJwt(String(body['id_token'])), { sub: 'local|new@example.com', name: hostile })
  const page = await visitor(issuer).authorize()
  t.match(page.html, 'new@example.com')
  t.notMatch(page.html, '<script>alert')
  t.equal((await signUp({ email: 'new@example.com' })).status, 409)
  const taken = await signUp({ email: 'admin@example.com', name: 'A "Typed" Name' })
  t.match(taken, { status: 409, html: /role="alert"[^>]+>There is already an account/ })
  t.match(taken.html, /name="name" [^>]+ value="A &#34;Typed&#34; Name"/, 'what was typed is kept')
  t.match(taken.html, /value="admin@example\.com" aria-invalid="true" aria-describedby="problem"/)
  t.equal((await signUp({})).status, 400)
  const wrong = await signUp({ email: 'not an address' })
  t.match(wrong, { status: 400, html: /value="not an address" aria-invalid/ })
  t.ok((await signUp({ email: 'other@example.com' })).answer['code'], 'a name is not needed')
  t.ok((await visitor(issuer).logIn('new@example.com')).answer['code'])
})

test('web_message is sent to the origin of the client only', async (t) => {
  const { authorize, logIn } = visitor(await tenant(t))
  const silent = { response_mode: 'web_message', prompt: 'none' }
  const without = await authorize(silent)
  t.match(without.html, '"error":"login_required"')
  t.match(without.html, ', "http://localhost:4040")')
  t.match(without.headers.get('content-security-policy'), 'frame-ancestors http://localhost:4040')
  await logIn('user')
  const withSession = await authorize({ ...silent, state: '</script><script>alert(1)' })
  t.match(withSession.html, /"type":"authorization_response","response":\{"code":"[\w-]+"/)
  t.equal(withSession.html.match(/<\/script>/g)?.length, 1, 'a state cannot end the script')
})

test('personas with an unverified e-mail, a picture, further claims, and a denied login', async (t) => {
  const plan = 'https://messages.example.com/plan'
  const picture = 'https://messages.example.com/uwe.png'
  const { issuer, directory } = await startTenant(t, {
    data: {
      api,
      personas: [
        { name: 'uwe', emailVerified: false, picture, claims: { [plan]: { name: 'free' } } },
        { name: 'dora', denied: 'Please verify your e-mail address.' },
      ],
    },
  })
  const { answer } = await visitor(issuer).logIn('uwe')
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const claims = { sub: 'local|uwe', [plan]: { name: 'free' } }
  const profile = { ...claims, picture, email_verified: false }
  t.match(decodeJwt(String(body['access_token'])), claims)
  t.match(decodeJwt(String(body['id_token'])), profile)
  const headers = { authorization: `Bearer ${body['access_token']}` }
  t.match(await (await fetch(`${issuer}userinfo`, { headers })).json(), profile)
  t.match(toUserResponse(assertDefined(directory.personas.get('uwe'))), {
    picture,
    email_verified: false,
  })

  const dora = visitor(issuer)
  const denied = {
    iss: issuer,
    error: 'access_denied',
    error_description: 'Please verify your e-mail address.',
    state: 'the-state',
  }
  t.strictSame((await dora.logIn('dora')).answer, denied)
  t.strictSame((await dora.authorize()).answer, denied, 'still the same account')
  t.strictSame((await dora.authorize({ prompt: 'none' })).answer, denied)
  t.ok((await dora.logIn('uwe', { prompt: 'login' })).answer['code'], 'as another one')
})

test('begun logins and unused codes are bounded, the oldest go first', async (t) => {
  const { app, issuer } = await startTenant(t)
  const url = `/authorize?${new URLSearchParams(REQUEST)}`
  const begin = async () => {
    const { body } = await app.inject({ url })
    return /name="transaction" value="([^"]+)"/.exec(body)?.[1]
  }
  const person = visitor(issuer)
  const logIn = (transaction: string | undefined) =>
    person.post('/login', { transaction, persona: 'user' })
  const [oldest, second] = [await begin(), await begin()]
  for (let begun = 0; begun < 999; begun++) await begin()
  t.equal((await logIn(oldest)).status, 400)
  const { answer, headers } = await logIn(second)
  t.ok(answer['code'])

  const [cookie = ''] = headers.getSetCookie()
  const silent = { url: `${url}&prompt=none`, headers: { cookie } }
  for (let issued = 0; issued < 1000; issued++) await app.inject(silent)
  t.match(await requestToken(issuer, redemption(answer['code'])), {
    body: { error: 'invalid_grant' },
  })
})

test('a begun login expires after an hour', async (t) => {
  const { authorize, post } = visitor(await tenant(t))
  const { html } = await authorize()
  const transaction = /name="transaction" value="([^"]+)"/.exec(html)?.[1]
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 61 * 60_000
  const late = await post('/login', { transaction, persona: 'user' })
  t.equal(late.status, 400)
  t.match(late.html, 'This login has expired')
})

test('form_post: a form that the browser posts to the client', async (t) => {
  const { authorize, logIn } = visitor(await tenant(t))
  const mode = { response_mode: 'form_post', state: '"><script>alert(1)</script>' }
  const fieldsOf = (page: string) =>
    Object.fromEntries(
      [...page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(
        ([, name, value]) => [name, value],
      ),
    )
  const { html, status, to } = await logIn('user', mode)
  t.strictSame([status, to], [200, undefined])
  t.match(html, '<form method="post" action="http://localhost:4040">')
  t.match(fieldsOf(html), { code: /^[\w-]+$/, state: /^&#34;&#62;&#60;script/ })
  t.notMatch(html, '<script>alert')
  const refused = await authorize({ ...mode, organization: 'acme', prompt: 'none' })
  t.match(fieldsOf(refused.html), { error: 'login_required', error_description: String })
})

test('logout redirects only to allowed URLs of the client', async (t) => {
  const issuer = await tenant(t)
  const { logIn, visit } = visitor(issuer)
  const { answer } = await logIn('user')
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const hint = `id_token_hint=${body['id_token']}`
  const back = 'post_logout_redirect_uri=http://localhost:4040/bye'
  const allowed: Record<string, string | undefined> = {
    '/v2/logout': undefined,
    '/v2/logout?client_id=messages-spa&returnTo=http://localhost:4040/': 'http://localhost:4040/',
    '/v2/logout?client_id=messages-web&returnTo=http://localhost:7070/': 'http://localhost:7070/',
    '/oidc/logout': undefined,
    [`/oidc/logout?${hint}&${back}&state=s`]: 'http://localhost:4040/bye',
    [`/oidc/logout?client_id=messages-spa&${back}`]: 'http://localhost:4040/bye',
  }
  for (const [path, to] of Object.entries(allowed)) {
    const page = await visit(path)
    t.strictSame([page.status, page.to], to === undefined ? [200, undefined] : [303, to], path)
  }
  t.equal((await visitor(issuer).visit('/v2/logout')).status, 200, 'without a session')
  const rejected = [
    '/v2/logout?returnTo=http://localhost:4040/',
    '/v2/logout?client_id=nobody&returnTo=http://localhost:4040/',
    '/v2/logout?client_id=messages-spa&returnTo=https://evil.test/',
    '/v2/logout?client_id=messages-web&returnTo=http://localhost:6060/other',
    `/oidc/logout?${back}`,
    `/oidc/logout?id_token_hint=junk&${back}`,
  ]
  for (const path of rejected) t.match(await visit(path), { status: 400, to: undefined }, path)
})

test('CORS: only origins on this machine, with any request headers', async (t) => {
  const issuer = await tenant(t)
  const preflight = (origin: string) =>
    fetch(`${issuer}oauth/token`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'auth0-client, x-requested-with',
      },
    })
  for (const origin of [
    'http://localhost:4040',
    'http://127.0.0.1:8080',
    'http://[::1]:3000',
    'https://localhost:4040',
  ]) {
    const { headers } = await preflight(origin)
    t.equal(headers.get('access-control-allow-origin'), origin)
    t.equal(headers.get('access-control-allow-headers'), 'auth0-client, x-requested-with')
  }
  const origin = 'http://localhost:4040'
  const own = await fetch(`${issuer}local-tenant/environment`, { headers: { origin } })
  t.equal(own.status, 200)
  t.equal(own.headers.get('access-control-allow-origin'), null, 'it has secrets')
  for (const origin of ['https://evil.test', 'http://localhost.evil.test', 'null']) {
    t.equal((await preflight(origin)).headers.get('access-control-allow-origin'), null, origin)
  }
})

test('a response names its issuer, and resource stands for audience', async (t) => {
  const issuer = await tenant(t)
  const changes = { audience: undefined, resource: api.identifier }
  const { answer } = await visitor(issuer).logIn('user', changes)
  t.equal(answer['iss'], issuer)
  const { body } = await requestToken(issuer, redemption(answer['code']))
  t.match(decodeJwt(String(body['access_token'])).aud, [api.identifier])
  const other = await visitor(issuer).authorize({ ...changes, resource: 'https://other.test' })
  t.match(other.answer, { error: 'access_denied', iss: issuer })
})
