import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { serveExample } from '../../examples/example-server.ts'
import { findProject } from '../../src/project/project.ts'
import { development, freePort } from '../support/development.ts'
import { browser, checkEverywhere, choose } from '../support/e2e/browser.ts'
import { sendRaw } from '../support/raw-http.ts'

/** The examples call the messages. */
const MESSAGES = findProject(join(import.meta.dirname, '../..'))

async function example(t: Test, variables: Record<string, string> = {}) {
  // The app's origin has to be known to the API, and the API's to the app: a port is taken first.
  const port = Number(await freePort())
  const origin = `http://localhost:${port}`
  const { api, tenant } = await development(
    t,
    { CLIENT_ORIGIN_URL: origin, ...variables },
    MESSAGES,
  )
  const server = await serveExample(port, { api, tenant: new URL(tenant).origin })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin, api, tenant }
}

/** Presses a button, and waits for what the page says. */
async function press(page: Page, button: string): Promise<string[]> {
  await page.evaluate("document.getElementById('answer').replaceChildren()")
  await page.click(`button:text-is("${button}")`)
  await page.waitForSelector('#answer p')
  return page.locator('#answer p').allTextContents()
}

async function logIn(page: Page, persona: string, organization = ''): Promise<void> {
  await page.fill('#organization', organization)
  await page.click('button:text-is("Log in")')
  await choose(page, persona)
}

test('login, calls, new tokens, reload with silent renewal, logout', async (t) => {
  const { origin } = await example(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(origin)
  await page.waitForSelector('text=You are not logged in.')
  await checkEverywhere(t, page, 'example')
  t.match(await press(page, 'Public'), [/^200 /])
  t.match(await press(page, 'Protected'), [
    '401 Requires authentication',
    'Log in, or get a new token.',
  ])
  await checkEverywhere(t, page, '401')

  await logIn(page, 'user')
  await page.waitForSelector('text=Hello, Uma User.')
  await page.waitForSelector('text=/not bound to a key. Permissions: none/')
  t.match(await press(page, 'Protected'), [/^200 /])
  t.strictSame(await press(page, 'Admin'), [
    '403 Permission denied',
    'You are logged in, but lack read:admin-messages. Another login does not help.',
  ])
  await checkEverywhere(t, page, '403')
  t.strictSame(await press(page, 'Get a new token'), ['The tenant issued a new token.'])
  await page.reload()
  await page.waitForSelector('text=Hello, Uma User.')
  t.match(await press(page, 'Protected'), [/^200 /], 'renewed silently')

  await page.click('text=Log out')
  await page.waitForSelector('text=You are not logged in.')
  await logIn(page, 'admin')
  await page.waitForSelector('text=/Hello, Ada Admin.*/')
  t.match(await press(page, 'Admin'), [/^200 /])
})

test('organizations', async (t) => {
  const { origin } = await example(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(origin)
  await logIn(page, 'acme-admin', 'acme')
  await page.waitForSelector('text=/Hello, .* of acme\\./')
  t.match(await press(page, 'Admin'), [/^200 /])
  t.match(await press(page, 'Get a new token'), [/new token/])

  const stranger = await newPage()
  await stranger.goto(origin)
  await logIn(stranger, 'user', 'acme')
  await stranger.waitForSelector('text=/The login failed: .*/')
  t.match(await stranger.textContent('#who'), 'You are not logged in.')
})

test('tokens that are bound to a key', async (t) => {
  const { origin } = await example(t, { DPOP_NONCE_SECRETS: 'a secret of 32 characters at least' })
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(origin)
  await page.check('#dpop')
  await page.waitForSelector('text=You are not logged in.')
  await logIn(page, 'user')
  await page.waitForSelector('text=/, bound to a key/')
  const request = page.waitForRequest((each) => each.headers()['dpop'] !== undefined)
  t.match(await press(page, 'Protected'), [/^200 /])
  t.match((await request).headers()['authorization'], /^DPoP /)
  t.match(await press(page, 'Admin'), [/^403 /])
  t.match(await press(page, 'Get a new token'), [/new token/])
})

test('the policy follows the page; odd requests do no harm', async (t) => {
  const server = await serveExample(0, { api: 'http://localhost:9', tenant: 'http://localhost:9' })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  t.match(
    await sendRaw(port, 'localhost', 'GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    / 404 /,
  )
  const response = await fetch(`http://localhost:${port}/?code=x`)
  t.match(response.headers.get('content-security-policy'), /frame-src http:\/\/localhost:9;/)
  t.equal(response.status, 200)
})

test('the same calls with curl', async (t) => {
  const { api, tenant } = await development(t, {}, MESSAGES)
  const environment = { ...process.env, API: api, TENANT_PORT: new URL(tenant).port }
  const run = promisify(execFile)
  const { stdout } = await run('sh', ['examples/calls.sh'], { env: environment })
  t.strictSame(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.slice(-3)),
    ['200', '401', '200', '403', '200'],
  )
})
