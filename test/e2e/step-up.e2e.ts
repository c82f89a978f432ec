import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { serveExample } from '../../examples/example-server.ts'
import { findProject } from '../../src/project/project.ts'
import { development, freePort } from '../support/development.ts'
import { browser, checkEverywhere, choose } from '../support/e2e/browser.ts'
import { application, logIn, type SdkClient } from '../support/e2e/single-page-app.ts'

/** The SDK client of the page. */
declare const client: SdkClient

const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** The server, the local tenant and the page of examples/step-up. */
async function example(t: Test) {
  const port = Number(await freePort())
  const origin = `http://localhost:${port}`
  const project = findProject(join(import.meta.dirname, '../../examples/step-up'))
  const { api, tenant } = await development(t, { CLIENT_ORIGIN_URL: origin }, project)
  const server = await serveExample(port, { api, tenant: new URL(tenant).origin })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin, api }
}

async function open(t: Test, persona: string) {
  const { origin, api } = await example(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  const statuses: number[] = []
  page.on('response', (response) => {
    const isCall = response.request().method() === 'GET'
    if (isCall && response.url() === `${api}/api/messages/secret`) statuses.push(response.status())
  })
  await page.goto(origin)
  await page.waitForSelector('text=You are not logged in.')
  await page.check('#step-up')
  await page.click('button:text-is("Log in")')
  await choose(page, persona)
  await page.waitForSelector('text=/Hello, /')
  return { page, statuses }
}

/** Chooses the call, and returns the popup that it opens. */
async function callSecret(page: Page): Promise<Page> {
  const popup = page.waitForEvent('popup')
  await page.click('button:text-is("Secret")')
  return popup
}

test('9: the SDK gets the 401, a popup asks for the second factor, and the call is 200', async (t) => {
  const { page, statuses } = await open(t, 'user')
  const popup = await callSecret(page)
  await popup.waitForSelector('text=The second factor is pretend:')
  await checkEverywhere(t, popup, 'second factor')
  await popup.click('button:text-is("Use the pretend factor")')
  await page.waitForSelector('text=200 The API successfully checked your second factor.')
  t.strictSame(statuses, [401, 200])

  await page.click('button:text-is("Get a new token")')
  await page.waitForSelector('text=The tenant issued a new token.')
  await page.click('button:text-is("Secret")')
  await page.waitForSelector('text=200 The API successfully checked your second factor.')
  t.strictSame(statuses, [401, 200, 200], 'a renewed token has the same login')
})

test('9: without a second factor, the popup ends with the error, and nothing is repeated', async (t) => {
  const { page, statuses } = await open(t, 'nofactor')
  await callSecret(page)
  await page.waitForSelector('text=It failed: The user has no second factor.')
  t.strictSame(statuses, [401])
})

test('the popup of the SDK for a missing factor opens for the words of the tenant', async (t) => {
  const { origin } = await application(t, { interactiveErrorHandler: 'popup' })
  const { newPage } = await browser(t)
  const page = await newPage()
  t.equal(await logIn(page, origin, 'user'), 'in')
  const opened = page.waitForEvent('popup')
  const token = page.evaluate(
    (acr_values) =>
      client.getTokenSilently({ cacheMode: 'off', authorizationParams: { acr_values } }),
    MFA,
  )
  const popup = await opened
  await popup.click('button:text-is("Use the pretend factor")')
  t.match(await token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  t.match(await page.evaluate(() => client.getIdTokenClaims()), { acr: MFA, amr: ['mfa'] })
})
