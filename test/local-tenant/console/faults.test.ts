import { type Test, test } from 'tap'
import type { ConsoleApi } from '../../../src/local-tenant/console/console-api.ts'
import { development } from '../../support/development.ts'
import { ADMIN, PROTECTED } from '../../support/probe-routes.ts'
import { requestToken, startTenant } from '../../support/visitor.ts'
import { consoleForms, rowsOf, textOf } from './forms.ts'

const PAGES = [
  'overview',
  'tokens',
  'explain',
  'requests',
  'people',
  'organizations',
  'sessions',
  'clients',
  'faults',
]

/** The text of the banner, without the number of seconds. */
function bannerOf(html: string): string | undefined {
  const [, banner] =
    /<aside class="alert warn" aria-label="Active faults">(.*?)<\/aside>/s.exec(html) ?? []
  return banner && textOf(banner).replaceAll(/: \d+ s left/g, ': N s left')
}

const DOWN =
  'The tenant is down: N s left. The API uses its cached keys. The console itself is exempt.'
const SLOW =
  'The tenant delays each response by 3 s, until the fault is ended. The console itself is exempt.'
const LIMITED = 'The Management API responds with 429: N s left. The console itself is exempt.'

test('each page names the faults while they are active, and leads to their page', async (t) => {
  const { tenant, localTenant } = await development(t)
  const { get, post } = consoleForms(tenant)
  t.equal(bannerOf((await get('/console/overview')).html), undefined)
  t.notMatch((await get('/console/overview')).html, '<script', 'and no page has the script')
  await localTenant.app.faults.inject('down', 60)
  for (const page of PAGES) {
    const { status, html } = await get(`/console/${page}`)
    t.equal(status, 200, page)
    t.equal(bannerOf(html), `${DOWN} Keys and faults`, page)
    t.match(html, '<p><a href="/console/faults">Keys and faults</a></p></aside>')
    t.match(html, /The tenant is down: <span data-seconds="\d+">\d+<\/span> s left/)
    t.match(html, /<script nonce="[^"]+">.*data-seconds/s, 'the countdown is counted')
  }
  const made = await post('/console/tokens', { persona: 'user' })
  t.equal(bannerOf(made.html), `${DOWN} Keys and faults`, 'also of a form')
  const failed = await post('/console/explain', { persona: 'nobody', route: ADMIN })
  t.equal(failed.status, 400)
  t.equal(bannerOf(failed.html), `${DOWN} Keys and faults`, 'also of an error')
  await localTenant.app.faults.inject('slow', 3)
  await localTenant.app.faults.inject('rate-limit', 60)
  const { html } = await get('/console/requests')
  t.equal(bannerOf(html), `${DOWN} ${SLOW} ${LIMITED} Keys and faults`)
  t.match(html, /<script nonce="[^"]+">[^<]*data-seconds[^<]*EventSource/, 'beside its own script')
  await localTenant.app.faults.inject('up', 0)
  t.equal(bannerOf((await get('/console/overview')).html), undefined)
})

test('only the page of faults is reloaded at the end: others may have a token or text', async (t) => {
  const { tenant, localTenant } = await development(t)
  const { get } = consoleForms(tenant)
  await localTenant.app.faults.inject('down', 60)
  for (const page of PAGES) {
    const [body = ''] = (await get(`/console/${page}`)).html.split('<script')
    t.equal(body.includes('data-reload'), page === 'faults', page)
  }
})

test('the banner says if the API has no keys, or if there is no API', async (t) => {
  const { issuer, app } = await startTenant(t)
  await app.faults.inject('down', 60)
  t.match((await consoleForms(issuer).get('/console/faults')).html, 's left. The console itself')
  const knownKeys = () => ({ keys: [], age: null, nextFetch: 1, cooldown: 0 })
  const api = { knownKeys, links: async () => [] as const } as unknown as ConsoleApi
  const other = await startTenant(t, { api: () => api, directory: t.testdir() })
  await other.app.faults.inject('down', 60)
  t.match(
    (await consoleForms(other.issuer).get('/console/faults')).html,
    'The API has no keys yet: it answers requests with a token with 503.',
  )
})

/** The page of the keys, and a call with a new token. */
async function keysPage(t: Test) {
  const { tenant, api, localTenant } = await development(t)
  const { get, post } = consoleForms(tenant)
  const grant_type = 'urn:local-tenant:grant-type:persona'
  return {
    get,
    localTenant,
    press: (fault: string) => post('/console/faults', { fault }),
    fetchKeys: () => post('/console/faults/fetch', {}),
    text: async () => textOf((await get('/console/faults')).html),
    async call() {
      const { body } = await requestToken(tenant, { grant_type, persona: 'user' })
      const headers = { authorization: `Bearer ${body['access_token']}` }
      return (await fetch(api + PROTECTED, { headers })).status
    },
  }
}

test('what a rotation leads to depends on whether the API knows the next key', async (t) => {
  const { press, fetchKeys, text, call } = await keysPage(t)
  t.match(await text(), 'The API knows it already, so nothing fails.')
  await press('rotate')
  t.equal(await call(), 200)
  const first = await text()
  t.match(
    first,
    /The API does not know it yet: new tokens would be 401 .* for up to \d+ s \(cooldown\)/,
  )
  t.notMatch(first, 'does not know the key that signs')
  await press('rotate')
  t.equal(await call(), 401)
  const second = await text()
  t.match(second, /The API does not know the key that signs\..* 401 \(unknown_key\) for \d+ s:/)
  t.match(second, /To end the wait, press Fetch now\. Fetch now/)
  await fetchKeys()
  t.equal(await call(), 200)
  t.match(await text(), 'The API knows it already, so nothing fails.')
})

test('an unknown key of a tenant that is down, and one after the cooldown', async (t) => {
  const { press, text, localTenant } = await keysPage(t)
  await press('rotate')
  await press('rotate')
  await localTenant.app.faults.inject('down', 60)
  t.match(await text(), 'because the tenant is down: new tokens are 503')
  const knownKeys = () => ({ keys: [], age: 40, nextFetch: 1, cooldown: 0 })
  const api = { knownKeys, links: async () => [] as const } as unknown as ConsoleApi
  const { issuer } = await startTenant(t, { api: () => api, directory: t.testdir() })
  const { html } = await consoleForms(issuer).get('/console/faults')
  t.match(html, 'The first request with a new token makes it fetch the key set.')
  t.match(html, 'fetches the key set when the first token of it arrives. Press Fetch now first')
})

test('the time since which a key is known does not change when the page is loaded again', async (t) => {
  const { get, press, fetchKeys } = await keysPage(t)
  const times = async () =>
    rowsOf((await get('/console/faults')).html, /keys/).map(
      (row) => / since (.*) UTC/.exec(row)?.[1],
    )
  const before = await times()
  t.match(before, [String, String])
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 999
  t.strictSame(await times(), before)
  await press('rotate')
  await fetchKeys()
  const [signs, , old] = await times()
  t.strictSame([old, signs], before, 'also after a fetch')
})

test('the texts say what each fault does to the API', async (t) => {
  const { text } = await keysPage(t)
  t.match(await text(), 'If it does not have the key of a token, it responds with 503.')
  t.match(await text(), 'Only if it does not have the key of a token, the request waits until')
  t.match(await text(), 'The console still works, and still makes tokens.')
})
