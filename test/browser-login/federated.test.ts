import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import type { FakeTenant } from '../support/fakes/tenant.ts'
import { serve } from '../support/process.ts'
import { site } from '../support/site.ts'

const GRANT = 'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'
const TOKEN = 'third/party+token'

/** Makes the tenant respond to a token exchange with the third party's token, or with `instead`. */
function grant(tenant: FakeTenant, instead?: { status: number; body: unknown }): void {
  const body = { access_token: TOKEN, token_type: 'Bearer', expires_in: 60, scope: 'x' }
  tenant.answer = (asked) => (asked.get('grant_type') === GRANT ? (instead ?? { body }) : undefined)
}

test('a third party is called, and its token stays on the server', async (t) => {
  const asked: (string | undefined)[] = []
  const api = await serve(t, (request, response) => {
    asked.push(request.headers.authorization)
    const path = String(request.url)
    if (path === '/json') response.end(JSON.stringify({ hello: '<b>', token: TOKEN }))
    if (path === '/text') response.end(`plain <i> ${TOKEN}`)
    if (path === '/empty') response.writeHead(204).end()
    if (path === '/large') response.end('x'.repeat(200_000))
  })
  const paths = ['json', 'text', 'empty', 'large']
  const apis = paths.map((path) => `${path}=${api}/${path}`).join()
  const { tenant, visitor, log } = await site(t, { environment: { FEDERATED_APIS: apis } })
  grant(tenant)
  const uma = visitor()
  await uma.logIn()
  t.match((await uma.visit('/')).html, '<a href="/federated/json">')

  const json = await uma.visit('/federated/json')
  t.match(json, { status: 200, html: /&#34;hello&#34;: &#34;&#60;b&#62;&#34;/ })
  t.match(json.html, '[redacted]')
  const text = await uma.visit('/federated/text')
  t.match(text.html, 'plain &#60;i&#62; [redacted]')
  t.equal((await uma.visit('/federated/empty')).status, 200)
  const large = await uma.visit('/federated/large')
  t.ok(large.html.includes('x […]</pre>'))
  t.ok(large.html.length < 70_000)
  t.strictSame(asked, Array(4).fill(`Bearer ${TOKEN}`))
  for (const { html } of [json, text]) t.notMatch(html, 'third')
  t.notMatch(JSON.stringify(log), TOKEN)

  t.match(Object.fromEntries(tenant.tokenRequests.at(-1) ?? []), {
    grant_type: GRANT,
    subject_token: 'refresh-1',
    subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
    requested_token_type: 'http://auth0.com/oauth/token-type/federated-connection-access-token',
    connection: 'large',
    client_id: 'the-client',
  })
})

test('a third party is called only for a page of ours', async (t) => {
  let calls = 0
  const api = await serve(t, (_request, response) => {
    calls += 1
    response.end('{}')
  })
  const environment = { FEDERATED_APIS: `calendar=${api}/` }
  const { tenant, visitor } = await site(t, { environment })
  grant(tenant)
  const uma = visitor()
  await uma.logIn()
  for (const [site, mode, status, called] of [
    ['same-origin', 'navigate', 200, 1],
    ['none', 'navigate', 200, 1],
    ['cross-site', 'navigate', 200, 0],
    ['same-site', 'navigate', 200, 0],
    ['cross-site', 'no-cors', 403, 0],
    ['same-site', 'no-cors', 403, 0],
  ] as const) {
    calls = 0
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode }
    const page = await uma.visit('/federated/calendar?asked', { headers })
    t.strictSame([page.status, calls], [status, called], `${site}, ${mode}`)
    const link = /<a href="\/federated\/calendar\?asked" class="button primary">Call calendar<\/a>/
    if (status === 200 && called === 0) t.match(page.html, link)
  }
})

test('whatever a third party sends, what is shown is bounded', async (t) => {
  const rows = (row: string) => `[${Array(Math.floor(120_000 / (row.length + 1))).fill(row)}]`
  const bodies: Record<string, [string | Buffer, object?]> = {
    deep: ['['.repeat(131_000)],
    nested: ['['.repeat(90) + rows('1') + ']'.repeat(90)],
    wide: [rows('{"a":[]}')],
    strings: [rows('"\\u0000"')],
    bomb: [
      gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x'), { level: 1 }),
      { 'content-encoding': 'gzip' },
    ],
    repeats: ['x'.repeat(131_072 - TOKEN.length + 3) + TOKEN],
    many: [`${TOKEN} `.repeat(10_000)],
  }
  const api = await serve(t, ({ url = '' }, response) => {
    const [body, headers = {}] = bodies[url.slice(1)] ?? ['']
    response.writeHead(200, { ...headers }).end(body)
  })
  const apis = Object.keys(bodies).map((name) => `${name}=${api}/${name}`)
  const { tenant, visitor } = await site(t, { environment: { FEDERATED_APIS: apis.join() } })
  grant(tenant)
  const uma = visitor()
  await uma.logIn()
  for (const name of Object.keys(bodies)) {
    const { status, html } = await uma.visit(`/federated/${name}`)
    t.equal(status, name === 'deep' ? 502 : 200, name)
    t.ok(html.length < 500_000, name)
    t.notMatch(html, 'third/')
  }
  const { html } = await uma.visit('/federated/wide')
  t.match(html, /\[\n {2}\{\n {4}&#34;a&#34;: \[\]\n {2}\},\n {2}\{/)
  t.ok(html.includes(' […]</pre>'))
})

test('unknown connections, denied exchanges and failing APIs', async (t) => {
  const api = await serve(t, (request, response) => {
    if (request.url === '/fails') response.writeHead(500).end('secret details')
    if (request.url === '/rejects') response.writeHead(401).end()
    if (request.url === '/moved') response.writeHead(302, { location: '/ok' }).end()
    if (request.url === '/breaks') request.socket.destroy()
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' }).write('x')
      setTimeout(() => request.socket.destroy(), 20)
    }
  })
  const failing = ['fails', 'rejects', 'moved', 'breaks', 'cut', 'hangs']
  const apis = failing.map((path) => `${path}=${api}/${path}`).join()
  const { tenant, visitor, log } = await site(t, { environment: { FEDERATED_APIS: apis } })
  grant(tenant)
  const uma = visitor()
  t.match(await uma.visit('/federated/fails'), { status: 401, html: /%2Ffederated%2Ffails/ })
  await uma.logIn()
  for (const name of ['unknown', '__proto__', '%3Cscript%3E']) {
    t.match(await uma.visit(`/federated/${name}`), { status: 404, html: /Unknown connection/ })
  }
  await Promise.all(
    failing.map(async (path) => {
      const { status, html } = await uma.visit(`/federated/${path}`)
      t.match({ status, html }, { status: 502, html: /Third-party service failed/ }, path)
      t.notMatch(html, 'secret details')
    }),
  )
  t.equal(log.filter(({ refusal }) => refusal === 'third_party_failed').length, failing.length)

  const error_description = 'Not <granted>'
  for (const [status, body] of [
    [401, { error: 'federated_connection_refresh_token_not_found', error_description }],
    [403, { error: 'invalid_grant', error_description }],
  ] as const) {
    grant(tenant, { status, body })
    const refused = await uma.visit('/federated/fails')
    t.match(refused, { status: 403, html: /Not &#60;granted&#62;/ })
    t.match(refused.html, `${body.error}: `)
    const link = '/login?prompt&#61;consent&#38;connection&#61;fails&#38;returnTo&#61;'
    t.match(refused.html, link, 'a login with this connection')
  }
  grant(tenant, { status: 403, body: { error: 'unauthorized_client' } })
  t.match(await uma.visit('/federated/fails'), { status: 503, html: /does not accept this site/ })
  t.match(log.at(-2), { event: 'page_failed', causes: ['unauthorized_client'] })
  grant(tenant, { status: 500, body: {} })
  t.equal((await uma.visit('/federated/fails')).status, 503)
  t.match((await uma.visit('/')).html, /You are logged in as Uma/)
})

test('without a refresh token, a login that requests consent', async (t) => {
  const environment = { FEDERATED_APIS: 'github=https://api.github.test' }
  const { tenant, visitor } = await site(t, { environment })
  tenant.tokens = { refresh_token: undefined }
  const uma = visitor()
  await uma.logIn()
  const { status, location } = await uma.visit('/federated/github')
  t.strictSame(
    [status, location],
    [303, '/login?prompt=consent&returnTo=%2Ffederated%2Fgithub%3Fasked'],
  )
  const back = await uma.logIn(location.replace('/login', ''))
  t.match(Object.fromEntries(tenant.authorizationRequest), {
    prompt: 'consent',
    scope: /offline_access/,
  })
  t.equal(back.location, '/federated/github?asked')
  const again = await uma.visit(back.location)
  t.match(
    again,
    { status: 403, html: /did not grant offline access/ },
    'requested once, no redirect loop',
  )
})
