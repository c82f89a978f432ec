import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { development, freePort } from '../support/development.ts'
import { browser, checkEverywhere, choose } from '../support/e2e/browser.ts'

async function open(t: Test, options: object = {}) {
  const { tenant } = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page: Page = await newPage(options)
  return { page, show: (name: string) => page.goto(new URL(`/console/${name}`, tenant).href) }
}

test('an invitation is created, followed and its session ended, without scripts', async (t) => {
  const { page, show } = await open(t, { javaScriptEnabled: false })
  await show('organizations')
  await page.fill('#org_globex [name=email]', 'user@example.com')
  await page.selectOption('#org_globex [name=client]', 'messages-web')
  await page.click('[aria-label="Invite to Globex"]')
  await page.waitForSelector('[role=status]:has-text("invitation was created")')
  await page.click('[aria-labelledby=invitations] tbody a')
  await page.click('button[value=user]')
  await page.waitForURL('**/profile')
  const profile = page.url()
  await show('organizations')
  t.match(await page.textContent('#org_globex'), /Uma User/)
  await show('sessions')
  await page.focus('[aria-label="End the session of Uma User"]')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=status]:has-text("clients were notified")')
  t.match(await page.textContent('[aria-labelledby=deliveries] tbody'), /200|204/)
  await page.goto(profile)
  t.match(await page.textContent('h1'), 'Your session has ended')
  await show('clients')
  await page.click('[aria-label="Show the secret of Messages machine"]')
  t.match(await page.textContent('main'), /messages-machine-secret/)
  t.notMatch(page.url(), /secret/)
})

test('the pages are accessible, in each state', async (t) => {
  const { page, show } = await open(t)
  await show('sessions')
  await checkEverywhere(t, page, 'no sessions')
  await show('clients')
  await checkEverywhere(t, page, 'clients')
  await show('organizations')
  await page.fill('#org_acme [name=email]', 'a.rather.long.address.of.somebody@example.com')
  await page.click('[aria-label="Invite to Acme"]')
  await page.waitForSelector('[role=status]:has-text("invitation was created")')
  await checkEverywhere(t, page, 'organizations')
  await show('clients')
  await page.click('[aria-label="Open the example of Messages on the server"]')
  await choose(page, 'user')
  await page.waitForURL('**/profile')
  await show('sessions')
  await checkEverywhere(t, page, 'sessions')
  await page.click('[aria-label^="End the session"]')
  await page.waitForSelector('[aria-labelledby=deliveries]')
  await checkEverywhere(t, page, 'deliveries')
})
