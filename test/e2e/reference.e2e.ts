import type { FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'
import { test } from 'tap'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { development } from '../support/development.ts'
import { browser, checkEverywhere, choose } from '../support/e2e/browser.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'

async function logIn(page: Page, persona: string): Promise<void> {
  await page.click('button:text-is("Log in")')
  await choose(page, persona)
  await page.waitForSelector(`#who:has-text("with an access token of local|${persona}")`)
}

async function send(page: Page, path: string): Promise<string | null> {
  const operation = page.locator(`.operation[data-path="${path}"]`)
  const button = operation.locator('button:has-text("Send")')
  if (!(await button.isVisible())) await operation.locator('> summary').click()
  await operation.locator('.result').evaluate((result) => result.replaceChildren())
  await button.click()
  const status = operation.locator('.status')
  await status.waitFor()
  return status.textContent()
}

async function sendAll(page: Page): Promise<(string | null)[]> {
  const statuses: (string | null)[] = []
  for (const path of [PUBLIC, PROTECTED, ADMIN]) statuses.push(await send(page, path))
  return statuses
}

test('the page logs in at the tenant and calls all three routes', async (t) => {
  const { api } = await development(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(`${api}/docs`)
  t.strictSame(await sendAll(page), ['200', '401', '401'], 'without a token')
  await logIn(page, 'user')
  t.equal(page.url(), `${api}/docs/`, 'no code is left in the address')
  t.strictSame(await sendAll(page), ['200', '200', '403'], 'user')
  await page.click('text=Log out')
  t.equal(await send(page, PROTECTED), '401', 'logged out')
  await logIn(page, 'admin')
  t.strictSame(await sendAll(page), ['200', '200', '200'], 'as another user, in the same browser')
})

test('the page logs in at another provider by its metadata', async (t) => {
  const { api, tenant } = await development(t, { PROVIDER: 'keycloak' })
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(`${api}/docs`)
  await logIn(page, 'admin')
  t.strictSame(await sendAll(page), ['200', '200', '200'])
  const { components } = (await (await fetch(`${api}/openapi.json`)).json()) as {
    components: { securitySchemes: Record<string, object> }
  }
  t.match(components.securitySchemes['login'], {
    type: 'openIdConnect',
    openIdConnectUrl: `${tenant}/.well-known/openid-configuration`,
  })
})

test('the page is accessible, on a phone too, with everything open', async (t) => {
  const { api } = await development(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(`${api}/docs`)
  await checkEverywhere(t, page, 'reference')
  await logIn(page, 'user')
  await sendAll(page)
  await page.evaluate(
    'document.querySelectorAll("details").forEach((each) => { each.open = true })',
  )
  await checkEverywhere(t, page, 'reference with responses')
})

test('a pasted token is used, and a response to a login of another tab is not', async (t) => {
  const { api } = await development(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(`${api}/docs/?code=planted&state=planted`)
  await page.waitForSelector('text=The login failed: it was not begun in this tab.')
  await page.click('text=Use an access token that you have')
  await page.fill('[name=token]', 'not-a-token')
  await page.click('text=Use the token')
  t.equal(await send(page, PROTECTED), '401')
  const operation = page.locator(`.operation[data-path="${PROTECTED}"]`)
  t.match(await operation.locator('.result').textContent(), /WWW-Authenticate: .*error="invalid_/)
})

test('parameters and a body are sent, and texts are never taken for markup', async (t) => {
  const received: (readonly [unknown, unknown, unknown, unknown])[] = []
  const schema = {
    params: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
    querystring: { type: 'object', properties: { q: { type: 'string' }, r: { type: 'string' } } },
    body: { type: 'object', properties: { text: { type: 'string' } } },
  } as const
  async function notes(app: FastifyInstance): Promise<void> {
    app.post('/notes/:id', { schema, config: { access: 'public' } }, (request) => {
      received.push([request.params, request.query, request.body, request.headers.authorization])
      return { text: '<img src=x onerror=alert(1)>' }
    })
  }
  const environment = { ...ENVIRONMENT, PORT: '0', HOST: 'localhost', LOG_LEVEL: 'silent' }
  const { app, port } = await startServer({ routes: [notes] }, [environment])
  t.teardown(() => app.close())
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(`http://localhost:${port}/docs/`)
  const operation = page.locator('.operation[data-path="/notes/{id}"]')
  await operation.locator('> summary').click()
  await operation.locator('[data-name=id]').fill('a/b $& ü')
  await operation.locator('[data-name=q]').fill('x&y')
  await operation.locator('textarea').fill('{"text":"it\'s"}')
  await operation.locator('button').click()
  await operation.locator('.status:text-is("200")').waitFor()
  t.same(received, [[{ id: 'a/b $& ü' }, { q: 'x&y' }, { text: "it's" }, undefined]])
  const result = operation.locator('.result')
  t.match(await result.textContent(), '<img src=x onerror=alert(1)>')
  t.match(await result.textContent(), `--data-raw '{"text":"it'\\''s"}'`)
  t.equal(await result.locator('img').count(), 0)
  await checkEverywhere(t, page, 'an operation with fields')
})
