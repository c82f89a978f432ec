import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { development, freePort } from '../support/development.ts'
import { browser, checkEverywhere } from '../support/e2e/browser.ts'
import { ADMIN } from '../support/probe-routes.ts'

const statuses = (page: Page) =>
  page.$$eval('[aria-labelledby="matrix"] tbody tr', (rows) =>
    rows.map((row) => [...row.querySelectorAll('td .chip')].map((cell) => cell.textContent)),
  )

const EXPECTED = [
  ['200', '401', '401'],
  ['200', '200', '403'],
  ['200', '200', '200'],
  ['200', '200', '403'],
  ['200', '200', '200'],
  ['200', '401', '401'],
]

async function open(t: Test, options: object = {}, path = '') {
  const { tenant, server, localTenant } = await development(t, { PORT: await freePort() })
  const { newPage } = await browser(t)
  const page = await newPage(options)
  await page.goto(`${tenant}${path}`)
  return { page, tenant, server, localTenant }
}

test('the matrix shows the responses to each persona', async (t) => {
  const { page, server } = await open(t)
  t.strictSame(await statuses(page), EXPECTED)
  t.match(await page.textContent('tr:has-text("Uma User") summary'), /403 permission_missing/)
  await page.click('tr:has-text("Uma User") summary')
  t.match(await page.textContent('tr:has-text("Uma User") details code'), /insufficient_scope/)
  await checkEverywhere(t, page, 'front page')
  await page.click('[aria-label="Explain /probe/admin for Uma User"]')
  await page.waitForSelector('h1:text-is("Rejected")')
  await page.goBack()
  await server.app.close()
  await page.click('text=Check again')
  t.strictSame((await statuses(page))[1], Array(3).fill('no answer'), 'after the API stopped')
})

test('a bound token: as DPoP, as Bearer, and a replay', async (t) => {
  const { page } = await open(t)
  await page.click('[aria-label="Get token of Ada Admin"]')
  await page.click('text=bound to a key')
  await page.selectOption('[name=route]', ADMIN)
  const answer = () => page.textContent('[aria-labelledby="answers"]')
  await page.click('text=Send as Bearer')
  t.match(await answer(), /401.*invalid_token/s)
  await page.click('text=Send as DPoP')
  t.match(await answer(), /200/)
  t.equal(await page.inputValue('[name=route]'), ADMIN)
  await checkEverywhere(t, page, 'bound token')
  await page.click('text=Replay the last proof')
  t.match(await answer(), /401.*invalid_dpop_proof/s)
})

test('a token: claims, curl, copy buttons, and each flaw', async (t) => {
  const { page, tenant } = await open(t)
  await page
    .context()
    .grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(tenant).origin })
  await page.click('[aria-label="Get token of Abe Admin"]')
  t.match(
    await page.textContent('tr:has(code:text-is("org_id"))'),
    /"org_acme".*The id of the organization/s,
  )
  t.match(await page.textContent('tr:has(code:text-is("permissions"))'), /read:admin-messages/)
  await page.click('text=Copy the token')
  await page.waitForSelector('text=Copied.')
  const copied = () => page.evaluate('navigator.clipboard.readText()')
  t.equal(await copied(), await page.inputValue('#copied-token'))
  await page.click('text=Copy the curl line')
  t.match(await copied(), /^curl -i -H "Authorization: Bearer ey/)
  await checkEverywhere(t, page, 'token')

  await page.click('[aria-label="Call /probe/admin"]')
  t.match(await page.textContent('#response ~ pre'), /"message":"admin"/)

  for (const [flaw, status, advice] of [
    ['expired', '401', 'It expired 1 minute ago'],
    ['wrong-audience', '401', 'It is for another API'],
    ['other-key', '401', 'The token was changed after it was signed'],
    ['', '200', 'The token is good for this route'],
  ] as const) {
    await page.selectOption('[name=flaw]', flaw)
    await page.click('button:text-is("Get token")')
    await page.waitForSelector(`[name=flaw] option[value="${flaw}"][selected]`, {
      state: 'attached',
    })
    t.equal(await page.textContent('[aria-labelledby=answers] tr:has-text("/admin") .chip'), status)
    await page.click('[aria-label="Explain /probe/admin"]')
    await page.waitForSelector('#checks')
    t.match(await page.textContent('.outcome'), advice, flaw)
    await page.goto(`${tenant}console/tokens`)
    await page.selectOption('[name=persona]', 'acme-admin')
  }
})

test('any token can be pasted and explained', async (t) => {
  const { page } = await open(t, {}, 'console/explain')
  await page.fill('textarea[name=token]', 'v1.a-refresh-token')
  await page.selectOption('select[name=route]', ADMIN)
  await page.click('button:text-is("Explain")')
  await page.waitForSelector('#checks')
  t.match(await page.textContent('main'), /It is a refresh token/)
  t.equal(await page.inputValue('textarea[name=token]'), 'v1.a-refresh-token')
  t.notMatch(page.url(), /refresh/)
  await checkEverywhere(t, page, 'explanation')
  await page.fill('textarea[name=token]', '<script>x</script> \u2028 ü')
  await page.click('button:text-is("Explain")')
  t.match(await page.textContent('main'), /cannot be sent/)
})

test('the faults', async (t) => {
  const { page, tenant } = await open(t, {}, 'console/faults')
  const kids = () =>
    page.$$eval('[aria-labelledby=keys] th code', (codes) => codes.map((code) => code.textContent))
  const expectAccess = async (when: string) => {
    await page.click('.sidebar >> text=Overview')
    t.strictSame(await statuses(page), EXPECTED, when)
    await page.click('.sidebar >> text=Keys and faults')
  }
  await checkEverywhere(t, page, 'faults')
  const [first, second] = await kids()
  await page.click('text=Rotate keys')
  await page.waitForSelector('[role=status]:has-text("rotated")')
  t.match(await kids(), [second, /./, first])
  await expectAccess('the API already has the next key')
  await page.click('text=Withdraw old keys')
  await page.waitForSelector('[role=status]:has-text("no longer")')
  await page.click('text=Fetch now')
  await page.waitForSelector('[role=status]:has-text("has fetched")')
  t.equal((await kids()).length, 2)
  await page.click('text=Down for 10 s')
  await page.waitForSelector('[data-seconds]')
  await checkEverywhere(t, page, 'a tenant that is down')
  t.equal((await fetch(`${tenant}.well-known/jwks.json`)).status, 503)
  t.equal((await fetch(`${tenant}pages.css`)).status, 200, 'the console keeps its style sheet')
  await expectAccess('the API continues with its cached keys')
  await page.click('[aria-label="End down"]')
  await page.waitForSelector('[role=status]:has-text("has ended")')
  t.equal((await fetch(`${tenant}.well-known/jwks.json`)).status, 200)
  await page.click('text=Slow: 3 s')
  await page.waitForSelector('[aria-label="End slow"]')
  await page.click('button:text-is("Back to normal")')
  await page.waitForSelector('[role=status]:has-text("All faults have ended")')
})

test('the countdown of a fault ends with a new state', async (t) => {
  const { page, localTenant } = await open(t, {}, 'console/faults')
  await localTenant.app.faults.inject('down', 2)
  await page.reload()
  await page.waitForSelector('[data-seconds]')
  await page.waitForSelector('[data-seconds]', { state: 'detached' })
  t.equal(await page.locator('.chip:text-is("off")').count(), 3)
})

test('on a phone, in dark mode, by keyboard', async (t) => {
  const { page } = await open(t, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  t.strictSame(await statuses(page), EXPECTED)
  await checkEverywhere(t, page, 'front page on a phone')
  await page.focus('[aria-label="Get token of Uma User"]')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#payload')
  await checkEverywhere(t, page, 'token on a phone')
  await page.focus('[aria-label="Explain /probe/admin"]')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#checks')
  await checkEverywhere(t, page, 'explanation on a phone')
})

test('without JavaScript, everything but copying works', async (t) => {
  const { page } = await open(t, { javaScriptEnabled: false })
  await page.click('[aria-label="Get token of Ada Admin"]')
  t.equal(await page.isVisible('text=Copy the token'), false)
  await page.click('[aria-label="Explain /probe/admin"]')
  t.match(await page.textContent('h1'), 'Accepted')
})
