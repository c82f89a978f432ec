import { test } from 'tap'
import { development, freePort } from '../support/development.ts'
import { browser, checkEverywhere } from '../support/e2e/browser.ts'

const UMA = '#persona-user'

test('a role is made, given and taken away, by keyboard and without scripts', async (t) => {
  const { tenant } = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page = await newPage({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } })
  const admin = async () => {
    await page.goto(tenant)
    const row = page.locator('[aria-labelledby="matrix"] tbody tr:has-text("Uma User")')
    return row.locator('td .good, td .bad').allTextContents()
  }
  const people = new URL('/console/people', tenant).href
  t.strictSame(await admin(), ['200', '200', '403'])
  await page.goto(people)
  await page.fill('#new-role ~ form [name=name]', 'Auditor')
  await page.check('text=read:admin-messages >> nth=-1')
  await page.focus('text=Make the role')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=status]:has-text("The role was made")')
  await page.selectOption(`${UMA} select`, { label: 'Auditor' })
  await page.focus(`${UMA} button:text-is("Give")`)
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=status]:has-text("The role was given")')
  t.ok(await page.locator(UMA).isVisible())
  t.match(await page.textContent(UMA), /read:admin-messages\s+from Auditor/)
  t.strictSame(await admin(), ['200', '200', '200'], 'the matrix has it at once')
  await page.goto(people)
  await page.click('[aria-label="Take away Auditor from Uma User"]')
  t.strictSame(await admin(), ['200', '200', '403'])
})

test('the page is accessible, and the notice stays in view', async (t) => {
  const { tenant } = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(new URL('/console/people', tenant).href)
  await checkEverywhere(t, page, 'people and roles')
  await page.setViewportSize({ width: 360, height: 500 })
  await page.click('[aria-label="Take away admin from Abe Admin"]')
  const notice = page.locator('[role=status]')
  await notice.waitFor()
  const position = () =>
    page.evaluate('[scrollY, document.querySelector("[role=status]").getBoundingClientRect().top]')
  const [scrolled, top] = (await position()) as [number, number]
  t.ok(scrolled > 100, `scrolled by ${scrolled}`)
  const covered = (id: string) =>
    page.evaluate(
      `document.getElementById('${id}').getBoundingClientRect().top - document.querySelector('.notice').getBoundingClientRect().bottom`,
    ) as Promise<number>
  const distance = await covered('persona-acme-admin')
  t.ok(distance >= 0, `the row begins ${distance} px below the notice`)
  t.ok(top >= 0 && top < 100, `the notice is at ${top}`)
  await checkEverywhere(t, page, 'after a change')

  for (const [width, height] of [
    [360, 500],
    [1440, 500],
  ] as const) {
    await page.setViewportSize({ width, height })
    await page.selectOption('#persona-acme-admin select', { label: 'admin' })
    await page.click('#persona-acme-admin button:text-is("Give")')
    await notice.waitFor()
    const row = await covered('persona-acme-admin')
    t.ok(row >= 0, `${width}: the row begins ${row} px below the notice`)
    await page.click('[aria-label="Take away admin from Abe Admin"]')
    await page.waitForSelector('[role=status]:has-text("taken away")')
    await page.fill('#new-role ~ form [name=name]', 'Auditor')
    await page.click('text=Make the role')
    await page.click('[aria-label="Delete the role Auditor"]')
    await page.waitForSelector('[role=status]:has-text("was deleted")')
    const heading = await covered('roles')
    t.ok(heading >= 0, `${width}: the heading begins ${heading} px below the notice`)
  }
})

test('a form that fails keeps what was typed, and has the focus', async (t) => {
  const { tenant } = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page = await newPage({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } })
  await page.goto(new URL('/console/people', tenant).href)
  const field = page.locator('#rol_admin [name=permission]:not([type=hidden])').last()
  await field.fill('two words')
  await page.click('#rol_admin button:text-is("Add")')
  await page.waitForSelector('[role=status]:has-text("one word")')
  await page.waitForSelector('[aria-invalid=true]:focus')
  t.equal(await page.inputValue('[aria-invalid=true]'), 'two words')
  t.notMatch(page.url(), 'two')
})
