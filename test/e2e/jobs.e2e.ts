import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { development, freePort } from '../support/development.ts'
import { browser } from '../support/e2e/browser.ts'

const MOST_TABS = 80

async function open(t: Test) {
  const { tenant } = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(tenant)
  return { page, tenant }
}

/** Moves the focus forward to an element, as people do without a mouse. */
async function tabTo(page: Page, selector: string): Promise<void> {
  const element = page.locator(selector)
  for (let count = 0; count < MOST_TABS; count += 1) {
    await page.keyboard.press('Tab')
    if (await element.evaluate((node) => node === node.ownerDocument.activeElement)) return
  }
  throw new Error(`${selector} does not get the focus.`)
}

/** Uses a link or a button. */
async function use(page: Page, selector: string): Promise<void> {
  await tabTo(page, selector)
  await page.keyboard.press('Enter')
}

const statuses = (page: Page, name: string) =>
  page.locator(`[aria-labelledby="matrix"] tr:has-text("${name}") td .chip`).allTextContents()

test('why is a token rejected? By keyboard, from the front page', async (t) => {
  const { page, tenant } = await open(t)
  const tokenOf = async (flaw: string) => {
    const response = await fetch(new URL('/local-tenant/wrong-tokens', tenant), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ persona: 'user', flaw }),
    })
    const { token } = (await response.json()) as { token: string }
    return token
  }
  const advice: [string, RegExp][] = [
    ['expired', /expired .* ago\. Get a new one/],
    ['wrong-audience', /audience/i],
    ['id', /ID token/],
    ['opaque', /opaque.*audience/is],
  ]
  for (const [flaw, expected] of advice) {
    await page.goto(tenant)
    await use(page, 'nav a:text-is("Explain")')
    await page.waitForURL('**/console/explain')
    await tabTo(page, 'textarea')
    await page.keyboard.insertText(await tokenOf(flaw))
    await use(page, 'button.primary')
    await page.waitForSelector('h1:text-is("Rejected")')
    t.match(await page.textContent('.outcome'), expected, flaw)
    const { bottom } = await page
      .locator('.outcome')
      .evaluate((element) => element.getBoundingClientRect())
    t.equal(await page.locator('a:text-is("Tokens")').count(), 2, 'a link to make a better one')
    t.ok(bottom < 720, `${flaw}: the reason is visible without scrolling`)
  }
})

test('a user gets a second permission, by keyboard', async (t) => {
  const { page, tenant } = await open(t)
  t.strictSame(await statuses(page, 'Uma User'), ['200', '200', '403'])
  await use(page, 'nav a:text-is("People and roles")')
  await page.waitForURL('**/console/people')
  await tabTo(page, '#persona-user select')
  await page.keyboard.press('ArrowDown')
  await use(page, '#persona-user button:text-is("Give")')
  await page.waitForSelector('[role=status]:has-text("The role was given")')
  await page.goto(tenant)
  t.strictSame(await statuses(page, 'Uma User'), ['200', '200', '200'])
})

test('an outage and a rotation are seen, by keyboard', async (t) => {
  const { page } = await open(t)
  await use(page, 'nav a:text-is("Keys and faults")')
  await page.waitForURL('**/console/faults')
  const keys = () => page.locator('[aria-labelledby="keys"] th').allTextContents()
  const [first, next] = await keys()
  await use(page, 'button:text-is("Rotate keys")')
  await page.waitForSelector('[role=status]:has-text("The keys were rotated")')
  t.strictSame((await keys()).slice(0, 3), [next, (await keys())[1], first])
  await use(page, 'button:text-is("Down for 10 s")')
  await page.waitForSelector('[role=status]:has-text("The tenant is down")')
  await use(page, 'nav a:text-is("Overview")')
  await page.waitForURL('**/console/overview')
  t.strictSame(await statuses(page, 'Uma User'), ['200', '200', '403'], 'with the cached keys')
  await use(page, 'nav a:text-is("Keys and faults")')
  await use(page, 'button:text-is("Back to normal")')
  await page.waitForSelector('[role=status]:has-text("All faults have ended")')
})
