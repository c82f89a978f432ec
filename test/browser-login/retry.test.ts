import { test } from 'tap'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import { type PageResponse, site } from '../support/site.ts'
import { oddKeys } from '../support/tokens/keys.ts'

/** The link of an error page to the next login: its parameters and its label. */
function retryOf({ html }: PageResponse): Record<string, string> {
  const [, href, label] =
    /<a href="(\/login[^"]*)" class="button primary">([^<]+)<\/a>/.exec(html) ?? []
  const text = String(href).replaceAll('&#38;', '&').replaceAll('&#61;', '=')
  const { searchParams } = new URL(text, 'http://localhost')
  return { ...Object.fromEntries(searchParams), label: String(label) }
}

const QUERY = '?organization=org_a&login_hint=a&returnTo=/deep%3Fx'
const KEPT = { organization: 'org_a', login_hint: 'a', returnTo: '/deep?x' }
const AGAIN = 'Log in again'
const OTHER = 'Log in with a different account'

test('after a login that was denied, one can choose another account', async (t) => {
  const { tenant, visitor } = await site(t)
  const uma = visitor()
  for (const error of ['access_denied', 'unauthorized', 'constructor']) {
    tenant.refusal = { error }
    const page = await uma.logIn(QUERY)
    t.equal(page.status, 403)
    t.strictSame(retryOf(page), { ...KEPT, prompt: 'login', label: OTHER })
  }
  tenant.refusal = undefined
  const next = await uma.logIn(`?${new URLSearchParams({ prompt: 'login', returnTo: '/deep?x' })}`)
  t.strictSame([next.status, next.location], [303, '/deep?x'])

  tenant.claims = { org_id: 'org_b' }
  const wrong = await uma.logIn(QUERY)
  t.strictSame(retryOf(wrong), { ...KEPT, prompt: 'login', label: OTHER })
})

test('the next login changes what failed', async (t) => {
  const { tenant, visitor } = await site(t, { environment: { LOGIN_MAX_AGE: '60' } })
  const uma = visitor()
  for (const [error, expected] of [
    ['login_required', KEPT],
    ['interaction_required', KEPT],
    ['consent_required', { ...KEPT, prompt: 'consent' }],
    ['account_selection_required', { ...KEPT, prompt: 'select_account' }],
    ['invalid_request', { returnTo: '/deep?x' }],
    ['invalid_scope', { returnTo: '/deep?x' }],
    ['server_error', KEPT],
  ] as const) {
    tenant.refusal = { error }
    const page = await uma.logIn(`${QUERY}&prompt=select_account`)
    t.strictSame(retryOf(page), { ...expected, label: AGAIN }, error)
  }
  tenant.refusal = undefined
  tenant.claims = { auth_time: 1, org_id: 'org_a' }
  t.strictSame(retryOf(await uma.logIn(QUERY)), { ...KEPT, prompt: 'login', label: AGAIN })
  tenant.claims = { iss: 'https://evil.test/' }
  t.strictSame(retryOf(await uma.logIn(QUERY)), { ...KEPT, label: AGAIN })
  t.strictSame(retryOf(await uma.visit('/callback?state=x')), { label: AGAIN })
})

test('a login that cannot start or end now can be tried again as it was', async (t) => {
  const keys = oddKeys(() => {
    throw new KeysUnavailableError(1)
  })
  const { tenant, visitor } = await site(t, { keys })
  const uma = visitor()
  tenant.down = true
  const down = await uma.visit(`/login${QUERY}`)
  t.equal(down.status, 503)
  t.strictSame(retryOf(down), { ...KEPT, label: AGAIN })
  tenant.down = false
  const keyless = await uma.logIn(QUERY)
  t.equal(keyless.status, 503)
  t.strictSame(retryOf(keyless), { ...KEPT, label: AGAIN })

  const remoteAddress = '192.0.2.1'
  const login = () => uma.visit(`/login${QUERY}`, { remoteAddress })
  for (let times = 0; times < 100; times += 1) await login()
  const limited = await login()
  t.equal(limited.status, 429)
  t.strictSame(retryOf(limited), { ...KEPT, label: AGAIN })
})
