import { type Test, test } from 'tap'
import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { development } from '../../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../../support/probe-routes.ts'
import { tenant as startIssuer } from '../../support/visitor.ts'

const FORM = { persona: 'acme-admin', organization: 'org_acme' }
const NONCES = { DPOP_NONCE_SECRETS: 'a secret of 32 characters at least' }

type Form = Record<string, string>

function poster(issuer: string) {
  return async (values: Form, headers: Form = { origin: new URL(issuer).origin }) => {
    const init = { method: 'POST', headers, body: new URLSearchParams(values) }
    const response = await fetch(new URL('/console/tokens/bound', issuer), init)
    return { status: response.status, html: await response.text() }
  }
}

async function start(t: Test, environment: Form = {}) {
  const { tenant, localTenant, server } = await development(t, environment)
  return { post: poster(tenant), localTenant, server }
}

/** The hidden fields of the page: the token and the last proof. */
function fieldsOf(html: string): Form {
  const fields = html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]+)">/g)
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]))
}

/** What was sent, with the status and the challenge of the response. */
function attemptsOf(html: string): (string | undefined)[][] {
  const rows = html.matchAll(
    /<th scope="row">([^<]+)<\/th><td><span[^>]*>([^<]+)<.*?(?:error&#61;&#34;(\w+)&#34;.*?)?<\/td>/gs,
  )
  return [...rows].map(([, sent, status, error]) => [sent, status, error])
}

test('a bound token is accepted with a new proof only', async (t) => {
  const { post } = await start(t)
  const { status, html } = await post(FORM)
  t.equal(status, 200)
  t.match(html, /bound to a key of the console/)
  t.match(html, /<code>cnf<\/code>.*jkt.*Confirmation/s)
  t.notMatch(html, 'Replay the last proof', 'there is none')
  t.strictSame(attemptsOf(html), [])
  const page = { ...fieldsOf(html), route: ADMIN }

  const bearer = await post({ ...page, action: 'bearer' })
  t.strictSame(attemptsOf(bearer.html), [['Bearer, without a proof', '401', 'invalid_token']])
  t.notMatch(bearer.html, 'Replay the last proof')
  t.match(bearer.html, `<option selected>${ADMIN}</option>`)

  const good = await post({ ...page, action: 'dpop' })
  t.strictSame(attemptsOf(good.html), [['DPoP, with a new proof', '200', undefined]])
  t.match(good.html, 'Replay the last proof')
  const next: Form = fieldsOf(good.html)
  const again = 'DPoP, with the last proof again'
  for (const route of [ADMIN, PROTECTED]) {
    const { html } = await post({ ...next, route, action: 'replay' })
    t.strictSame(attemptsOf(html), [[again, '401', 'invalid_dpop_proof']], route)
    t.equal(fieldsOf(html)['proof'], next['proof'], 'it can be replayed once more')
  }
})

test('with nonces, both requests are shown', async (t) => {
  const { post } = await start(t, NONCES)
  const { html } = await post(FORM)
  const sent = await post({ ...fieldsOf(html), route: ADMIN, action: 'dpop' })
  t.strictSame(attemptsOf(sent.html), [
    ['DPoP, with a new proof', '401', 'use_dpop_nonce'],
    ['DPoP, with another proof that has the nonce of the API', '200', undefined],
  ])
})

test('proofs are for the public URL of the API', async (t) => {
  const { post } = await start(t, { PUBLIC_URL: 'https://api.test/notes' })
  const { html } = await post(FORM)
  const sent = await post({ ...fieldsOf(html), route: ADMIN, action: 'dpop' })
  t.match(attemptsOf(sent.html), [[String, '200']])
})

test('the matrix uses bound tokens where the API requires them', async (t) => {
  for (const environment of [{ DPOP: 'required' }, { DPOP: 'required', ...NONCES }]) {
    const { tenant, localTenant } = await development(t, environment)
    const matrix = async () => {
      const response = await fetch(new URL('/console/overview', tenant))
      return statusesOf(await response.text())
    }
    // The columns are the routes in the order of the product.
    const rows = await matrix()
    t.strictSame(rows['anonymous'], ['200', '401', '401'])
    t.strictSame(rows['Uma User'], ['200', '200', '403'])
    t.strictSame(rows['Ada Admin'], ['200', '200', '200'])
    const api = assertDefined(localTenant.directory.resourceServers.find(() => true))
    api.proof_of_possession = null
    t.strictSame((await matrix())['Ada Admin'], ['200', '401', '401'], 'plain tokens')
  }
})

/** The statuses of each row of the matrix, by its first words. */
function statusesOf(html: string): Record<string, string[]> {
  const rows = html.matchAll(/scope="row">([^<]+)<(.*?)<\/tr>/gs)
  return Object.fromEntries(
    [...rows].map(([, name = '', cells = '']) => [
      name,
      [...cells.matchAll(/<span class="chip [^"]*">(\d+)</g)].map(([, status = '']) => status),
    ]),
  )
}

test('where the tenant issues bound tokens only, the page of tokens says so', async (t) => {
  const { tenant, localTenant } = await development(t)
  const api = assertDefined(localTenant.directory.resourceServers.find(() => true))
  api.proof_of_possession = { mechanism: 'dpop', required: true }
  const send = async (values: Form) => {
    const init = {
      method: 'POST',
      headers: { origin: new URL(tenant).origin },
      body: new URLSearchParams(values),
    }
    return (await fetch(new URL('/console/tokens', tenant), init)).text()
  }
  const plain = await send(FORM)
  t.match(plain, /issues only bound tokens for this API/)
  t.match(plain, /<option value="acme-admin" selected>/, 'the form keeps what was chosen')
  t.notMatch(plain, 'id="copied-token"')
  t.match(await send({ ...FORM, flaw: 'expired' }), 'id="copied-token"')
})

test('forms that are rejected', async (t) => {
  const { post, localTenant, server } = await start(t)
  const { html } = await post(FORM)
  const page = { ...fieldsOf(html), route: ADMIN }
  t.equal((await post(FORM, {})).status, 403, 'from another site')
  const cases: [Form, RegExp][] = [
    [{ persona: 'nobody' }, /Unknown persona/],
    [{ persona: 'user', organization: 'org_acme' }, /not a member of the organization/],
    [{ ...page, route: PUBLIC, action: 'dpop' }, /Unknown route/],
    [{ ...page, action: 'replay' }, /Missing required parameter: proof/],
  ]
  for (const [form, problem] of cases) {
    const answer = await post(form)
    t.equal(answer.status, 400)
    t.match(answer.html, problem)
  }
  const odd = await post({ ...page, action: 'replay', proof: 'x\ny' })
  t.match(odd.html, /cannot be sent/)
  const hostile = await post({ token: '"><script>alert(1)</script>', route: ADMIN })
  t.notMatch(hostile.html, '<script>alert')
  t.match(hostile.html, /<title>Bound token/)

  const api = assertDefined(localTenant.directory.resourceServers.find(() => true))
  api.proof_of_possession = null
  t.match(await post(FORM), { status: 400, html: /does not allow bound tokens/ })

  await server.app.close()
  const late = await post({ ...page, action: 'dpop' })
  t.match(late.html, /The API does not answer/)
})

test('without an API there is no page', async (t) => {
  const post = poster(await startIssuer(t))
  t.match(await post(FORM), { status: 503, html: /No API is connected/ })
})
