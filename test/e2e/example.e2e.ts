import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { serveExample } from '../../examples/example-server.ts'
import { findProject } from '../../src/project/project.ts'
import { development, freePort } from '../support/development.ts'
import { sendRaw } from '../support/raw-http.ts'
import { browser, checkAccessibility } from './browser.ts'

/** The examples call the messages. */
const MESSAGES = findProject(join(import.meta.dirname, '../..'))

async function example(t: Test) {
  // The app's origin has to be known to the API, and the API's to the app: a port is taken first.
  const port = Number(await freePort())
  const origin = `http://localhost:${port}`
  const { api, tenant } = await development(t, { CLIENT_ORIGIN_URL: origin }, MESSAGES)
  const server = await serveExample(port, { api, tenant: new URL(tenant).origin })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin, api, tenant }
}

test('login, calls, reload with silent renewal, logout', async (t) => {
  const { origin } = await example(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  const call = async (message: string) => {
    await page.click(`[data-message=${message}]`)
    const answer = page.locator('#answer:has-text(" ")')
    await answer.waitFor()
    const text = await answer.textContent()
    await page.evaluate("document.getElementById('answer').textContent = ''")
    return text?.split('\n')[0]
  }
  await page.goto(origin)
  await page.waitForSelector('text=You are not logged in.')
  await checkAccessibility(t, page, 'example')
  t.match(await call('public'), /^200 /)
  t.equal(await call('protected'), '401 Requires authentication')

  await page.click('text=Log in')
  await page.click('button[value=user]')
  await page.waitForSelector('text=Hello, Uma User.')
  t.match(await call('protected'), /^200 /)
  t.equal(await call('admin'), '403 Permission denied')
  await page.reload()
  await page.waitForSelector('text=Hello, Uma User.')
  t.match(await call('protected'), /^200 /, 'renewed silently')

  await page.click('text=Log out')
  await page.waitForSelector('text=You are not logged in.')
  await page.click('text=Log in')
  await page.click('button[value=admin]')
  await page.waitForSelector('text=Hello, Ada Admin.')
  t.match(await call('admin'), /^200 /)
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
