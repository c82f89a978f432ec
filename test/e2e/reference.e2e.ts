import type { Page } from 'playwright-core'
import { test } from 'tap'
import { development } from '../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { browser } from './browser.ts'

/** Logs in through the dialogue of the reference, in the window that it opens. */
async function authorize(page: Page, persona: string): Promise<void> {
  await page.click('button.authorize')
  const dialogue = page.locator('.modal-ux .auth-container:has-text("authorizationCode")')
  const popup = page.waitForEvent('popup')
  await dialogue.locator('button.authorize').click()
  const login = await popup
  const button = login.locator(`button[value="${persona}"]`)
  await Promise.race([button.click(), login.waitForEvent('close')])
  await dialogue.locator('button:text-is("Logout")').waitFor()
  await page.click('.modal-ux button.btn-done')
}

async function tryOut(page: Page, path: string): Promise<string | null> {
  const block = page.locator(`.opblock:has([data-path="${path}"])`)
  if (!(await block.locator('button.execute').isVisible())) {
    await block.locator('.opblock-summary-control').click()
  }
  await block.locator('button.execute').click()
  const status = block.locator('.live-responses-table .response .response-col_status')
  await status.waitFor()
  return (await status.textContent())?.trim() ?? null
}

test('Authorize logs in at the tenant, and Try it out calls all three routes', async (t) => {
  const { api } = await development(t)
  const { newPage } = await browser(t)
  for (const [persona, expected] of [
    ['user', ['200', '200', '403']],
    ['admin', ['200', '200', '200']],
  ] as const) {
    const page = await newPage()
    await page.goto(`${api}/docs`)
    await page.waitForSelector(`[data-path="${ADMIN}"]`)
    await authorize(page, persona)
    const seen: (string | null)[] = []
    for (const path of [PUBLIC, PROTECTED, ADMIN]) seen.push(await tryOut(page, path))
    t.strictSame(seen, expected, persona)
  }
})
