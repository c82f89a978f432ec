import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { development, freePort } from '../support/development.ts'
import { browser, checkEverywhere, choose } from '../support/e2e/browser.ts'
import { ADMIN } from '../support/probe-routes.ts'

const PHONE = { width: 360, height: 740 }

async function open(t: Test, options: object = {}) {
  const started = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page = await newPage(options)
  await page.goto(started.api)
  return { ...started, newPage, page }
}

/** Logs in from the home page. */
async function logIn(page: Page, persona: string): Promise<void> {
  await page.click('a:text-is("Log in")')
  await choose(page, persona)
  await page.waitForURL('**/profile')
}

/** What the API responds to the session's token, by kind of message. */
async function messages(page: Page): Promise<Record<string, string>> {
  const lists = await page.$$eval('h2:has-text("API") ~ .card >> nth=0 >> dl > *', (parts) =>
    parts.map(({ textContent }) => textContent ?? ''),
  )
  return Object.fromEntries(
    lists.flatMap((term, index) =>
      index % 2 === 0 ? [[term.split('/').at(-1), lists[index + 1] ?? '']] : [],
    ),
  )
}

/** Fetches the access token, as a script of the page would. */
function sessionToken(page: Page) {
  return page.evaluate<{ status: number; access_token: string; expires_in: number }>(`(async () => {
    const { value } = document.querySelector('input[name="_csrf"]')
    const options = { method: 'POST', headers: { 'csrf-token': value } }
    const response = await fetch('/session/token', options)
    return { status: response.status, ...await response.json() }
  })()`)
}

async function postJson(url: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

test('sign up, profile, messages, federated call, log out', async (t) => {
  const { page, api: site, tenant } = await open(t)
  await page.waitForSelector('text=You are not logged in.')
  await checkEverywhere(t, page, 'home')
  await page.click('text=sign up')
  await checkEverywhere(t, page, 'signup at the tenant')
  await page.fill('[name=name]', 'Nora <b>New</b>')
  await page.fill('[name=email]', 'nora@example.com')
  await page.click('button:text-is("Sign up")')
  await page.waitForURL(`${site}/profile`)
  t.equal(await page.textContent('h1'), 'Nora <b>New</b>')
  t.match(await page.textContent('dt:text-is("email") + dd'), 'nora@example.com')
  t.match(await messages(page), {
    public: /^200 /,
    protected: /^200 /,
    admin: '403 Permission denied',
  })
  await checkEverywhere(t, page, 'profile')
  t.notMatch(await page.content(), /eyJ|access_token|refresh_token/, 'no token in the page')
  const [cookie] = await page.context().cookies(site)
  t.match(cookie, { name: /session|tenant/, httpOnly: true, sameSite: 'Lax' })

  await page.click('a:text-is("Home")')
  await page.waitForSelector('text=You are logged in as Nora <b>New</b>.')
  await checkEverywhere(t, page, 'home when logged in')
  await page.click('text=Call calendar')
  t.match(await page.textContent('pre'), /"owner": "nora@example.com"/)
  t.notMatch(await page.content(), /fct\./, 'the token stays on the server')
  await checkEverywhere(t, page, 'federated call')
  await page.goto(`${site}/federated/nowhere`)
  t.equal(await page.textContent('h1'), 'Unknown connection')
  await checkEverywhere(t, page, 'an error page')

  await page.click('a:text-is("Home")')
  await page.click('text=Log out')
  await page.waitForSelector('text=You are not logged in.')
  t.equal(page.url(), `${site}/`)
  await page.goto(`${site}/profile`)
  t.equal(await page.textContent('h1'), 'Login required')
  await checkEverywhere(t, page, 'login required')
  await page.click('a:text-is("Log in")')
  await page.waitForURL(`${tenant}authorize**`)
  t.equal(await page.textContent('h1'), 'Log in', 'logged out at the tenant as well')
  await checkEverywhere(t, page, 'login at the tenant')
})

test('with an organization, and with one that the persona is not a member of', async (t) => {
  const { page, api: site } = await open(t)
  await page.goto(`${site}/login?organization=acme`)
  await choose(page, 'acme-admin')
  await page.waitForURL(`${site}/profile`)
  t.match(await page.textContent('main'), /Organization: acme/)
  t.equal(await page.textContent('dt:text-is("org_id") + dd'), 'org_acme')
  t.match(await messages(page), { admin: /^200 / })

  await page.goto(`${site}/login?organization=globex`)
  await choose(page, 'acme-admin')
  await page.waitForURL(`${site}/callback**`)
  t.equal(await page.textContent('h1'), 'Login denied')
  t.match(await page.textContent('blockquote'), 'not a member of the organization')
  await checkEverywhere(t, page, 'login denied')
  await page.goto(`${site}/profile`)
  t.match(await page.textContent('main'), /Organization: acme/, 'the previous login continues')
})

test('by invitation, which is accepted once', async (t) => {
  const { page, api: site, tenant, newPage } = await open(t)
  const invitation = { organization: 'acme', email: 'ivy@example.com' }
  const { body } = await postJson(`${tenant}local-tenant/invitations`, invitation)
  const { link } = body as { link: string }
  t.match(link, `${site}/login?invitation=`)
  await page.goto(link)
  t.match(await page.textContent('main'), /invites ivy@example.com/)
  await page.click('text=Sign up')
  await page.fill('[name=email]', 'ivy@example.com')
  await page.click('button:text-is("Sign up")')
  await page.waitForURL(`${site}/profile`)
  t.match(await page.textContent('main'), /Organization: acme/)

  const stranger = await newPage()
  await stranger.goto(link)
  await stranger.waitForURL(`${site}/callback**`)
  t.equal(await stranger.textContent('h1'), 'Login denied')
  t.match(await stranger.textContent('blockquote'), 'already used')
})

test('an access token that expired is renewed', async (t) => {
  const { page, localTenant } = await open(t)
  const server = assertDefined(localTenant.directory.api(api.identifier))
  server.token_lifetime = 1
  await logIn(page, 'admin')
  const end = Date.now() + 1000
  while (Date.now() <= end) await sleep(end + 1 - Date.now())
  server.token_lifetime = 3600
  await page.reload()
  t.match(await messages(page), { public: /200/, protected: /200/, admin: /200/ })
  const renewed = await sessionToken(page)
  t.equal(renewed.status, 200)
  t.ok(renewed.expires_in > 3000, 'the token is a new one')
  const authorization = `Bearer ${renewed.access_token}`
  const call = await fetch(`${new URL(page.url()).origin}${ADMIN}`, {
    headers: { authorization },
  })
  t.equal(call.status, 200)
  await page.reload()
  t.equal((await sessionToken(page)).access_token, renewed.access_token, 'and is kept')
})

test('back-channel logout, and a different user', async (t) => {
  const { page, api: site, tenant } = await open(t)
  await logIn(page, 'user')
  const { body } = await postJson(`${tenant}local-tenant/sessions/end`, { persona: 'user' })
  t.match(body, { notices: [{ client: 'messages-web', outcome: 200 }] })
  await page.reload()
  t.equal(await page.textContent('h1'), 'Your session has ended')
  await checkEverywhere(t, page, 'session ended')
  await page.click('a:text-is("Log in")')
  await choose(page, 'user')
  await page.waitForURL(`${site}/profile`)
  t.equal(await page.textContent('h1'), 'Uma User', 'back on the page where it ended')

  await page.click('a:text-is("Home")')
  await page.click('text=Log in as a different user')
  await choose(page, 'admin')
  await page.waitForURL(`${site}/profile`)
  t.equal(await page.textContent('h1'), 'Ada Admin')
  t.match(await messages(page), { admin: /^200 / })
})

test('by keyboard only, on a phone, in dark mode', async (t) => {
  const { page, api: site } = await open(t, { viewport: PHONE, colorScheme: 'dark' })
  await page.keyboard.press('Tab')
  t.equal(await page.textContent(':focus'), 'Log in', 'the first link')
  await page.keyboard.press('Enter')
  await page.waitForSelector('button[value="user"]')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${site}/profile`)
  t.equal(await page.textContent('h1'), 'Uma User')
  await page.focus('button:text-is("Log out")')
  await page.keyboard.press('Enter')
  await page.waitForSelector('text=You are not logged in.')
})

test('without a script', async (t) => {
  const { page } = await open(t, { javaScriptEnabled: false })
  await logIn(page, 'user')
  await page.click('button:text-is("Log out")')
  await page.waitForSelector('text=You are not logged in.')
})
