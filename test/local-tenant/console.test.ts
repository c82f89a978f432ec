import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import { createConsoleApi } from '../../src/dev/console-api.ts'
import { startDevelopment } from '../../src/dev/start-development.ts'
import { describeClaim, formatClaim } from '../../src/local-tenant/console/claims.ts'
import type { ConsoleApi } from '../../src/local-tenant/console/console-api.ts'
import { explainPage } from '../../src/local-tenant/console/explain/explain-page.ts'
import { tokenPage } from '../../src/local-tenant/console/tokens/token-page.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { development } from '../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { TEST_PROJECT } from '../support/product/test-project.ts'
import { sendRaw } from '../support/raw-http.ts'
import { writeTenantKeys } from '../support/tokens/key-cache.ts'
import { token as fakeToken } from '../support/tokens/tokens.ts'
import {
  redemption,
  requestToken,
  tenant as startIssuer,
  startTenant,
  visitor,
} from '../support/visitor.ts'

async function console(t: Test, environment: Record<string, string> = {}) {
  const { tenant: issuer, localTenant: tenant, server } = await development(t, environment)
  return { ...forms(issuer), server, tenant }
}

/** The forms of the console, as its own pages send them. */
function forms(issuer: string) {
  const { origin } = new URL(issuer)
  return {
    issuer,
    async get(path: string) {
      const response = await fetch(new URL(path, issuer))
      return { status: response.status, html: await response.text(), headers: response.headers }
    },
    async post(path: string, values: Record<string, string>, headers: object = { origin }) {
      const response = await fetch(new URL(path, issuer), {
        method: 'POST',
        redirect: 'manual',
        headers: { ...headers },
        body: new URLSearchParams(values),
      })
      return { status: response.status, html: await response.text(), headers: response.headers }
    },
  }
}

test('the front page', async (t) => {
  const { get } = await console(t)
  const { status, html, headers } = await get('/')
  t.equal(status, 200)
  t.match(
    headers.get('content-security-policy'),
    /^default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; script-src 'nonce-[^ ]+'$/,
  )
  t.match(html, /Uma User/)
  t.match(html, 'error&#61;&#34;insufficient_scope&#34;')
  t.match((await get('/console/faults?done=rotate')).html, /The keys were rotated/)
  t.match((await get('/console/faults?done=constructor')).html, '<p role="status" id="done"></p>')
})

test('each page has a URL, and the navigation marks the current one', async (t) => {
  const { get } = await console(t, {
    API_REFERENCE: 'true',
    CLIENT_ORIGIN_URL: 'http://localhost:1',
  })
  const { html } = await get('/')
  const sidebar = /<nav class="sidebar".*?<\/nav>/s
  const paths = [...String(sidebar.exec(html)).matchAll(/href="([^"]+)"/g)].map(([, path]) =>
    String(path),
  )
  t.ok(paths.includes('/console/overview') && paths.includes('/console/faults'))
  for (const path of paths) {
    const page = await get(`${path}?x=1`)
    t.equal(page.status, 200, path)
    const current = [...page.html.matchAll(/href="([^"]+)" aria-current="page"/g)]
    t.strictSame(
      current.map(([, href]) => href),
      [path],
    )
  }
})

test('the links lead to what runs', async (t) => {
  const client = createServer((_request, response) => response.end())
  await new Promise<void>((resolve) => client.listen(0, 'localhost', resolve))
  t.teardown(() => client.close())
  const { port } = client.address() as AddressInfo
  const origins = `https://app.example.com,http://localhost:${port}`
  const { get, server } = await console(t, { CLIENT_ORIGIN_URL: origins })
  const linksOf = (html: string) =>
    [
      ...String(/<nav aria-label="What runs here">.*?<\/nav>/s.exec(html)).matchAll(
        /href="([^"]+)"/g,
      ),
    ].map(([, url]) => url)
  const api = `http://localhost:${server.port}`
  const fixed = [
    `${api}/readyz`,
    // #region api-reference
    `${api}/docs`,
    // #endregion api-reference
    // #region browser-login
    `${api}/`,
    // #endregion browser-login
  ]
  t.strictSame(linksOf((await get('/')).html), [...fixed, `http://localhost:${port}`])
  await new Promise((resolve) => client.close(resolve))
  t.strictSame(linksOf((await get('/')).html), fixed, 'without the client')
})

test('the overview explains its rejections, and leaves no line in the log of the API', async (t) => {
  const lines: string[] = []
  const directory = t.testdir()
  await writeTenantKeys(directory)
  const environment = { PORT: '0', TENANT_PORT: '0', MAX_EVENT_LOOP_DELAY: '0' }
  const { tenant, server } = await startDevelopment([environment], directory, TEST_PROJECT, {
    write: (line: string) => void lines.push(line),
  })
  t.teardown(async () => {
    await server.app.close()
    await tenant.app.close()
  })
  const { get, post } = forms(tenant.issuer)
  const before = lines.filter((line) => line.includes('request')).length
  const { html } = await get('/')
  t.match(html, /403<\/span> <small>permission_missing<\/small>/)
  t.equal(lines.filter((line) => line.includes('request')).length, before)
  await fetch(`http://localhost:${server.port}${PROTECTED}`)
  t.equal(lines.filter((line) => line.includes('request')).length, before + 1, 'a real request')
  const explained = await post('/console/explain', { persona: 'user', route: ADMIN })
  t.match(explained.html, /The user has no permission of this API/)
  t.match(explained.html, 'In the local tenant: <a href="/console/people">People and roles</a>')
  t.equal((await post('/console/explain', { persona: 'nobody', route: ADMIN })).status, 400)
})

test('a token for each organization of a persona, and for no other organization', async (t) => {
  const { post } = await console(t)
  const form = { persona: 'acme-member', organization: 'org_acme', flaw: 'none of these' }
  t.match((await post('/console/tokens', form)).html, /org_acme/)
  for (const [bad, problem] of [
    [{ persona: 'nobody' }, /Unknown persona/],
    [{ persona: 'user', organization: 'org_acme' }, /not a member of the organization/],
  ] as const) {
    const { status, html } = await post('/console/tokens', bad)
    t.equal(status, 400)
    t.match(html, problem)
  }
})

test('each kind of wrong token is rejected with its own reason', async (t) => {
  const { post } = await console(t)
  for (const [flaw, code] of [
    ['id', 'id_token'],
    ['opaque', 'token_malformed'],
    ['expired', 'token_expired'],
    ['not-yet-valid', 'token_not_yet_valid'],
    ['wrong-audience', 'audience_mismatch'],
    ['wrong-issuer', 'issuer_mismatch'],
    ['tampered', 'signature_invalid'],
    ['unsigned', 'token_malformed'],
    ['other-key', 'signature_invalid'],
  ] as const) {
    const { html } = await post('/console/tokens', { persona: 'admin', flaw })
    t.match(html, `>${code}</small>`, flaw)
    t.match(html, `<option value="${flaw}" selected>`, 'the form keeps it')
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(html) ?? []
    const explained = await post('/console/explain', { token, route: ADMIN, persona: 'admin' })
    t.match(explained.html, /<h1>Rejected<\/h1>/, flaw)
    t.match(explained.html, `/console/explain/reasons#${code}`)
  }
})

test('organization, lifetime and scope of a token', async (t) => {
  const { post } = await console(t)
  const claimsOf = async (form: Record<string, string>) => {
    const { html } = await post('/console/tokens', { persona: 'acme-admin', ...form })
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(html) ?? []
    return decodeJwt<{ iat: number; exp: number; org_id?: string; scope: string }>(token)
  }
  t.equal((await claimsOf({})).org_id, 'org_acme')
  t.equal((await claimsOf({ organization: 'none' })).org_id, undefined)
  const { iat, exp, scope } = await claimsOf({ lifetime: '60', scope: 'email no:such' })
  t.strictSame([exp - iat, scope], [60, 'email'])
  for (const lifetime of ['0', '1.5', 'x', '99999999']) {
    const { status, html } = await post('/console/tokens', { persona: 'user', lifetime })
    t.equal(status, 400)
    t.match(html, /The lifetime must be from 1 to/)
    t.match(html, `value="${lifetime}"`, 'what was typed is kept')
  }
})

test('a token can call a route, and keeps its options', async (t) => {
  const { post, server } = await console(t)
  const { html } = await post('/console/tokens', { persona: 'user' })
  const [, token = ''] = /name="token" value="([^"]+)"/.exec(html) ?? []
  const form = { token, persona: 'user' }
  const good = await post('/console/tokens', { ...form, call: PROTECTED })
  t.match(good.html, /chip good">200<.*<pre>\{&#34;message&#34;:&#34;protected&#34;\}<\/pre>/s)
  t.match((await post('/console/tokens', { ...form, call: ADMIN })).html, /Permission denied/)
  t.equal((await post('/console/tokens', { ...form, call: '/../x' })).status, 400)
  await server.app.close()
  t.match((await post('/console/tokens', { ...form, call: ADMIN })).html, /does not answer, or/)
})

test('the claims of an ID token are described: none of them is a custom one', async (t) => {
  const { issuer, post } = await console(t)
  const { answer } = await visitor(issuer).logIn('user')
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const made = await post('/console/tokens', { persona: 'user', flaw: 'id' })
  const [, flawed] = /name="token" value="([^"]+)"/.exec(made.html) ?? []
  for (const token of [body['id_token'], flawed]) {
    const { html } = await post('/console/explain', { route: PROTECTED, token: String(token) })
    t.match(html, /<code>nickname<\/code>.*Casual name of the user/s)
    t.notMatch(html, 'custom claim')
  }
  const standard =
    'name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at auth_time nonce acr amr azp at_hash c_hash sid'
  for (const claim of standard.split(' ')) t.notMatch(describeClaim(claim), 'custom claim', claim)
})

test('each claim has a description and a readable value', async (t) => {
  t.match(describeClaim('iss'), /^Issuer/)
  t.match(describeClaim('toString'), /^A custom claim of the tenant/)
  t.equal(formatClaim('exp', 0), '0 (Thu, 01 Jan 1970 00:00:00 GMT)')
  t.equal(formatClaim('exp', 1e300), '1e+300')
  t.equal(formatClaim('exp', 'x'), '"x"')
})

test('pasted tokens are explained for known routes, and escaped', async (t) => {
  const { post } = await console(t)
  const route = PROTECTED
  const hostile = await post('/console/explain', { route, token: '"><script>alert(1)</script>' })
  t.equal(hostile.status, 200)
  t.notMatch(hostile.html, '<script>alert')
  t.match((await post('/console/explain', { route, token: 'x\u2028y' })).html, /cannot be sent/)
  const opaque = await post('/console/explain', { route, token: 'Bearer x\n y' })
  t.match(opaque.html, /opaque.*There is nothing to decode/s)
  for (const damaged of [
    'eyJhbGciOiJSUzI1NiJ9.x.y',
    'eyJhbGciOiJSUzI1NiJ9.WzFd.y',
    `${'x'.repeat(9000)}.x.y`,
  ]) {
    const { html } = await post('/console/explain', { route, token: damaged })
    t.match(html, damaged.length > 8192 ? /nothing to decode/ : /RS256.*This part is damaged/s)
  }
  t.match((await post('/console/explain', { route: '/x', token: 'x' })).html, /Unknown route/)
  t.equal((await post('/console/explain', { route })).status, 400)
  const { html } = await post('/console/tokens', { persona: 'admin' })
  const [, token = ''] = /name="token" value="([^"]+)"/.exec(html) ?? []
  const good = await post('/console/explain', { route, token })
  t.match(good.html, /<h1>Accepted<\/h1>.*✓ issuer: passed/s)
  t.match(good.html, `>${token}</textarea>`, 'the token stays in the form')
  t.match(good.html, `<option selected>${PROTECTED}</option>`)
  t.match(good.html, `aria-label="Explain ${ADMIN}"`, 'on the other route')
  const open = { route: PUBLIC, token: 'x' }
  t.match((await post('/console/explain', open)).html, /no token is checked/)
})

test('each reason has an anchor, to which pages link without the token', async (t) => {
  const { get } = await console(t)
  const { html } = await get('/console/explain/reasons')
  t.match(html, /id="permission_missing".*lacks a permission/s)
})

test('the page says if the API could not be called', async (t) => {
  const { get, post, server } = await console(t)
  const form = { route: PROTECTED, token: 'x' }
  await server.app.close()
  const { status, html } = await post('/console/explain', form)
  t.equal(status, 200)
  t.match(html, /Not checked.*The API does not answer/s)
  t.match((await get('/')).html, /no answer<\/span><small>The API does not answer/)
  t.match((await post('/console/tokens', { persona: 'user' })).html, /no answer<\/span>/)
})

test('forms of other sites and unknown faults are rejected', async (t) => {
  const { issuer, post } = await console(t)
  const { port } = new URL(issuer)
  for (const headers of [
    {},
    { origin: 'null' },
    { origin: 'http://evil.test' },
    { origin: `http://evil.test:${port}` },
    { origin: 'http://localhost:1' },
  ]) {
    const { status } = await post('/console/faults', { fault: 'down' }, headers)
    t.equal(status, 403, JSON.stringify(headers))
  }
  t.equal((await post('/console/faults', { fault: 'constructor' })).status, 400)
  for (const host of ['evil.test', 'evil.test:80', 'a b', '']) {
    t.match(
      await sendRaw(
        Number(port),
        'localhost',
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      ),
      /^HTTP\/1.1 421 /,
      host,
    )
  }
  const done = await post('/console/faults', { fault: 'rotate' })
  t.strictSame(
    [done.status, done.headers.get('location')],
    [303, '/console/faults?done=rotate#done'],
  )
})

test('the keys that the API knows, and a fetch on request', async (t) => {
  const { get, post, tenant } = await console(t)
  const rows = async () => rowsOf((await get('/console/faults')).html, 'keys', 0)
  t.match(await rows(), [
    / signs known to the API since .* UTC/,
    / signs next known to the API since/,
  ])
  await post('/console/faults', { fault: 'rotate' })
  t.match(await rows(), [/ signs known/, / signs next unknown/, / signed before known/])
  const fetched = await post('/console/faults/fetch', {})
  t.equal(fetched.headers.get('location'), '/console/faults?done=fetched#done')
  t.match(await rows(), [/ signs known/, / signs next known/, / signed before known/])
  t.match(
    (await get('/console/faults')).html,
    /fetched the key set \d+ s ago, and fetches it again/,
  )
  await post('/console/faults', { fault: 'withdraw' })
  t.match((await rows())[2], /no longer published known to the API/)
  await tenant.app.faults.inject('down', 60)
  const failed = await post('/console/faults/fetch', {})
  t.equal(failed.headers.get('location'), '/console/faults?done=fetch-failed#done')
})

test('each fault has a state and ends on its own', async (t) => {
  const { get, post } = await console(t)
  const states = async () =>
    rowsOf((await get('/console/faults')).html, 'faults').map((row) => / (on|off) /.exec(row)?.[1])
  for (const fault of ['down', 'slow', 'rate-limit']) await post('/console/faults', { fault })
  t.strictSame(await states(), ['on', 'on', 'on'])
  t.match((await get('/console/faults')).html, /<span data-seconds="(10|9|8)">/)
  for (const [fault, left] of [
    ['slow', ['on', 'off', 'on']],
    ['down', ['off', 'off', 'on']],
  ] as const) {
    const { headers } = await post('/console/faults/end', { fault })
    t.equal(headers.get('location'), '/console/faults?done=ended#done')
    t.strictSame(await states(), left)
  }
  const { headers } = await post('/console/faults', { fault: 'up' })
  t.strictSame(await states(), ['off', 'off', 'off'])
  const { html } = await get(String(headers.get('location')))
  t.match(html, /All faults have ended. Keys that were rotated or withdrawn stay so/)
  t.equal((await post('/console/faults/end', { fault: 'x' })).status, 400)
})

/** The rows of a table, as text. */
function rowsOf(html: string, id: string, headerRows = 1): string[] {
  const [, table = ''] =
    new RegExp(`<table[^>]*aria-labelledby="${id}">(.*?)</table>`, 's').exec(html) ?? []
  return [...table.matchAll(/<tr role="row">.*?<\/tr>/gs)]
    .slice(headerRows)
    .map(([row]) => row.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '))
}

test('a tenant without an API shows an error', async (t) => {
  const { get, post } = forms(await startIssuer(t))
  t.match((await get('/')).html, /No API is connected to this tenant/)
  t.match((await get('/console/faults')).html, /unknown to the API.*No API is connected\./s)
  t.equal((await post('/console/tokens', { persona: 'user' })).status, 503)
})

test('an API that has no keys yet', async (t) => {
  const knownKeys = () => ({
    keys: [],
    age: null,
    nextFetch: Number.POSITIVE_INFINITY,
    cooldown: 0,
  })
  const api = { knownKeys, links: async () => [] as const } as unknown as ConsoleApi
  const { issuer } = await startTenant(t, { api: () => api })
  t.match((await forms(issuer).get('/console/faults')).html, /has not fetched the key set yet/)
})

function ownsNote(): boolean {
  throw new Error('the check ran')
}

test('routes with other methods and parameters are decided without running them', async (t) => {
  const routes = [
    async (app: FastifyInstance) => {
      app.post(
        '/notes/:id',
        { config: { access: { permissions: ['write:x'], check: ownsNote } } },
        () => {
          throw new Error('the handler ran')
        },
      )
    },
  ]
  const environment = { ...ENVIRONMENT, PORT: '0', LOG_LEVEL: 'silent' }
  const server = await startServer({ routes }, [environment])
  t.teardown(() => server.app.close())
  const api = createConsoleApi(server, '/')
  t.strictSame([...api.policies.keys()], ['POST /notes/:id'])
  t.match(await api.decideRoute('POST /notes/:id', undefined), {
    status: 401,
    code: 'credentials_missing',
  })
  const token = fakeToken({ permissions: ['write:x'] })
  const { directory } = await startTenant(t)
  const responses = new Map([['POST /notes/:id', { status: 401, message: 'x' }]])
  const tokens = tokenPage({
    ...{ directory, parameters: {}, token, apiUrl: 'http://a', responses },
    call: undefined,
  })
  t.notMatch(String(tokens.body), 'name="call"', 'it needs a body')
  const explanation = api.explain(token, { status: 200, message: 'allowed' }, 'POST /notes/:id')
  const page = explainPage({ explanation, token, route: 'POST /notes/:id', answers: new Map() })
  t.match(String(page.body), 'The check <code>ownsNote</code> of the product needs a real request')
})
