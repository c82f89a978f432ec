import { type Test, test } from 'tap'
import { browser, checkEverywhere } from '../support/e2e/browser.ts'
import { serve } from '../support/process.ts'
import { REQUEST, startTenant } from '../support/visitor.ts'

/** The login page for a client that answers on this machine. */
async function open(t: Test, changes: object = {}, options: object = {}) {
  const { issuer, directory } = await startTenant(t)
  const client = await serve(t, (_request, response) => {
    response.setHeader('content-type', 'text/html').end('<title>Client</title>')
  })
  const redirect_uri = `${client.replace('127.0.0.1', 'localhost')}/`
  const { newPage } = await browser(t)
  const page = await newPage(options)
  const parameters = new URLSearchParams({ ...REQUEST, redirect_uri, ...changes })
  await page.goto(`${issuer}authorize?${parameters}`)
  return { page, issuer, directory, redirect_uri }
}

test('the login page says what it is and shows who can be chosen', async (t) => {
  const { page, directory, issuer } = await open(t)
  t.match(await page.textContent('main'), /local tenant on your machine.*Nobody has a password/s)
  t.match(await page.$$eval('.choices button', (buttons) => buttons.map((one) => one.innerText)), [
    /Uma User/,
    /Ada Admin.*admin/s,
    /Mia Member.*Acme/s,
    /Abe Admin.*Acme.*admin/s,
    /Globex/,
  ])
  await checkEverywhere(t, page, 'login')
  const odd = { displayName: 'X'.repeat(80), email: `${'x'.repeat(80)}@example.com` }
  directory.personas.add({
    ...{ name: 'odd', denied: 'No.', emailVerified: false, organizations: [], ...odd },
    roles: ['editor', 'reviewer', 'a-role-with-a-rather-long-name-that-somebody-chose'],
  })
  await page.reload()
  t.match(await page.textContent('button[value=odd]'), /e-mail not verified.*login denied/s)
  await checkEverywhere(t, page, 'login with an odd persona')
  await page.goto(`${issuer}login`)
  await checkEverywhere(t, page, 'an error page of the tenant')
})

test('for an organization, only its members are suggested', async (t) => {
  const { page, directory, redirect_uri } = await open(t, { organization: 'acme' })
  const visible = () =>
    page.$$eval('.choices button', (all) => all.filter((one) => one.checkVisibility()).length)
  t.equal(await visible(), 2)
  await page.click('summary')
  t.equal(await visible(), 5)
  t.notMatch(await page.textContent('button[value=user]'), 'Acme')
  t.match(await page.textContent('button[value=globex-member]'), /Organization Globex/)
  await checkEverywhere(t, page, 'login to an organization')
  for (const persona of directory.personas) persona.organizations = []
  await page.reload()
  t.match(await page.textContent('.empty'), /Nobody of Acme can log in here/)
  await checkEverywhere(t, page, 'login to an organization without members')
  await page.click('summary')
  await page.click('button[value=user]')
  await page.waitForURL(`${redirect_uri}?error=access_denied**`)
})

test('a suggested login, by keyboard only', async (t) => {
  const { page, redirect_uri } = await open(t, { login_hint: 'admin@example.com' })
  t.match(await page.textContent(':focus'), /Ada Admin/)
  await checkEverywhere(t, page, 'a suggested login')
  await page.keyboard.press('Shift+Tab')
  t.match(await page.textContent(':focus'), /Uma User/)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${redirect_uri}?code=**`)
})

test('a signup that fails keeps what was typed, without a script and by keyboard', async (t) => {
  const { page, redirect_uri } = await open(
    t,
    { screen_hint: 'signup' },
    { javaScriptEnabled: false },
  )
  await page.keyboard.press('Tab')
  await page.keyboard.type('Ada "Second"')
  await page.keyboard.press('Tab')
  await page.keyboard.type('admin@example.com')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=alert]:has-text("already an account")')
  t.equal(await page.inputValue('[name=name]'), 'Ada "Second"')
  t.equal(await page.inputValue('[name=email]'), 'admin@example.com')
  await page.fill('[name=email]', 'second@example.com')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${redirect_uri}?code=**`)
})

test('a signup that fails is accessible', async (t) => {
  const { page } = await open(t, { screen_hint: 'signup' })
  await page.fill('[name=email]', 'admin@example.com')
  await page.click('button:text-is("Sign up")')
  await page.waitForSelector('[role=alert]')
  await checkEverywhere(t, page, 'a signup that failed')
  await page.click('a:text-is("Log in")')
  await page.waitForSelector('h1:text-is("Log in")')
})
