import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { development, freePort } from '../support/development.ts'
import { browser, checkEverywhere } from '../support/e2e/browser.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'

async function open(t: Test, options: object = {}) {
  const { tenant, api, localTenant } = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page = await newPage(options)
  const url = new URL('/console/requests', tenant).href
  await page.goto(url)
  return { page, url, localTenant, call: (path: string) => fetch(`${api}${path}`) }
}

const rows = (page: Page) =>
  page.$$eval('#requests tbody tr', (list) =>
    list.map((row) => row.querySelector('a')?.textContent),
  )

const hasRow = (page: Page, text: string) =>
  page.waitForSelector(`#requests tr:has-text("${text}")`)

test('requests appear as they come, can be paused, and are explained', async (t) => {
  const { page, call, localTenant } = await open(t)
  await checkEverywhere(t, page, 'no requests')
  await page.waitForSelector('#news:has-text("Waiting for requests")')
  await call(PUBLIC)
  await call(ADMIN)
  await hasRow(page, ADMIN)
  t.strictSame(await rows(page), [`GET ${ADMIN}`, `GET ${PUBLIC}`])
  t.equal(await page.isVisible('text=There were no calls yet'), false)
  await page.waitForSelector('#news:has-text("2 new requests, the last one: GET")')
  await checkEverywhere(t, page, 'requests')

  await page.focus('#pause')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#news:has-text("Paused")')
  await call(PROTECTED)
  t.equal((await rows(page)).length, 2, 'nothing moves')
  await page.click('text=Resume')
  await hasRow(page, PROTECTED)
  t.equal((await rows(page)).length, 3, 'what was missed follows, and nothing twice')

  await page.focus(`#requests a:has-text("${ADMIN}")`)
  await page.keyboard.press('Enter')
  await page.waitForSelector('#checks')
  t.match(await page.textContent('main'), /401 Unauthorized.*credentials_missing/s)
  await checkEverywhere(t, page, 'an explained request')
  await page.click('text=All requests')
  await page.waitForSelector('#news:has-text("Waiting")')
  await localTenant.app.close()
  await page.waitForSelector('#news:has-text("Trying again")')
})

test('without scripts, the page shows them after a reload', async (t) => {
  const { page, call } = await open(t, { javaScriptEnabled: false })
  await call(ADMIN)
  await page.click('text=Reload')
  t.match(await page.textContent('#requests tbody'), ADMIN)
  t.equal(await page.isVisible('#pause'), false)
})
