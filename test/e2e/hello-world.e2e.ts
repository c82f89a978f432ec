import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { findProject } from '../../src/project/project.ts'
import { development } from '../support/development.ts'
import { browser, choose } from '../support/e2e/browser.ts'
import { serve } from '../support/process.ts'

const sdk = readFileSync(
  createRequire(import.meta.url).resolve('@auth0/auth0-spa-js/dist/auth0-spa-js.production.js'),
)
const MESSAGES = findProject(join(import.meta.dirname, '../..'))

/**
 * What Auth0's React sample does, without React: the options of its Auth0Provider, the steps of
 * auth0-react on /callback, and the requests of axios 0.27, which sends no Content-Type without a body.
 */
const APP = `
  const redirect_uri = location.origin + '/callback'
  const { domain, clientId, audience, apiServerUrl } = SETTINGS
  const client = new auth0.Auth0Client({
    domain,
    clientId,
    authorizationParams: { audience, redirect_uri },
  })
  async function start() {
    if (/[?&](code|error)=[^&]+/.test(location.search) && /[?&]state=/.test(location.search)) {
      const { appState } = await client.handleRedirectCallback()
      history.replaceState({}, '', appState?.returnTo ?? location.pathname)
    } else await client.checkSession()
    document.title = (await client.isAuthenticated()) ? 'authenticated' : 'anonymous'
  }
  const logIn = () => client.loginWithRedirect({ appState: { returnTo: '/profile' } })
  const logOut = () => client.logout({ logoutParams: { returnTo: location.origin } })
  async function show(name) {
    const token = name === 'public' ? undefined : await client.getTokenSilently()
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open('GET', apiServerUrl + '/api/messages/' + name, true)
      request.setRequestHeader('Accept', 'application/json, text/plain, */*')
      if (token !== undefined) request.setRequestHeader('Authorization', 'Bearer ' + token)
      request.onerror = () => reject(new Error('Network Error'))
      request.onloadend = () => resolve([request.status, JSON.parse(request.responseText)])
      request.send(null)
    })
  }
  start().catch((error) => { document.title = error.message })
`

declare function logIn(): Promise<void>
declare function logOut(): Promise<void>
declare function show(name: string): Promise<[status: number, body: object]>

async function sample(t: Test) {
  const settings = { value: '' }
  const origin = (
    await serve(t, ({ url = '' }, response) => {
      if (url === '/sdk.js') return response.setHeader('content-type', 'text/javascript').end(sdk)
      response.setHeader('content-type', 'text/html')
      const script = `const SETTINGS = ${settings.value};${APP}`
      response.end(
        `<!doctype html><title>…</title><script src="/sdk.js"></script><script>${script}</script>`,
      )
    })
  ).replace('127.0.0.1', 'localhost')
  const { api: apiServerUrl, tenant } = await development(
    t,
    { CLIENT_ORIGIN_URL: origin },
    MESSAGES,
  )
  settings.value = JSON.stringify({
    domain: new URL(tenant).origin,
    clientId: 'messages-spa',
    audience: 'https://hello-world.example.com',
    apiServerUrl,
  })
  return origin
}

async function logInAs(page: Page, origin: string, persona: string): Promise<void> {
  await page.goto(origin)
  await page.waitForFunction("document.title === 'anonymous'")
  await page.evaluate(() => logIn())
  await choose(page, persona)
  await page.waitForFunction("document.title === 'authenticated'")
}

const messages = async (page: Page) => ({
  public: await page.evaluate(() => show('public')),
  protected: await page.evaluate(() => show('protected')),
  admin: await page.evaluate(() => show('admin')),
})

test('the calls of Auth0’s React sample, with a callback at /callback', async (t) => {
  t.equal(api.identifier, 'https://hello-world.example.com', 'the identifier of the samples')
  const origin = await sample(t)
  const page = await (await browser(t)).newPage()
  await logInAs(page, origin, 'user')
  t.equal(page.url(), `${origin}/profile`)
  const expected = {
    public: [200, { message: "The API doesn't require an access token to share this message." }],
    protected: [200, { message: 'The API successfully validated your access token.' }],
    admin: [403, { message: 'Permission denied' }],
  }
  t.strictSame(await messages(page), expected)

  await page.evaluate(() => logOut())
  await page.waitForURL(`${origin}/`)
  await logInAs(page, origin, 'admin')
  const admin = [200, { message: 'The API successfully recognized you as an admin.' }]
  t.strictSame(await messages(page), { ...expected, admin })
})
