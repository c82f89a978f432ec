import type { Page } from 'playwright-core'
import { test } from 'tap'
import { browser, choose } from '../support/e2e/browser.ts'
import { application, logIn, type SdkClient } from '../support/e2e/single-page-app.ts'
import { serve } from '../support/process.ts'
import { REQUEST, startTenant } from '../support/visitor.ts'

/** The SDK client of the page. */
declare const client: SdkClient

/** The settings of the SDK in the page. */
declare const settings: { readonly domain: string; readonly clientId: string }

/** Calls the API from the page, across origins, with the SDK's token. */
const call = (page: Page, url: string) =>
  page.evaluate(async (url) => {
    const token = await client.getTokenSilently()
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    return [
      response.status,
      response.headers.get('www-authenticate')?.includes('insufficient_scope'),
    ]
  }, url)

/** Sends a token request for a refresh token from the page, without the SDK. */
const refresh = (page: Page, token: string) =>
  page.evaluate(async (refresh_token) => {
    const { domain, clientId: client_id } = settings
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id, refresh_token })
    return (await fetch(`${domain}/oauth/token`, { method: 'POST', body })).json()
  }, token)

test('login, calls, silent renewal after a reload, logout', async (t) => {
  const { origin, messages } = await application(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  t.equal(await logIn(page, origin, 'user'), 'in')
  t.match(await page.evaluate(() => client.getUser()), { sub: 'local|user', name: 'Uma User' })
  t.strictSame(await call(page, `${messages}/protected`), [200, undefined])
  t.strictSame(await call(page, `${messages}/admin`), [403, true])

  await page.goto(origin)
  t.equal(await page.evaluate(() => client.isAuthenticated()), false, 'tokens are in memory only')
  t.strictSame(
    await call(page, `${messages}/protected`),
    [200, undefined],
    'renewed in a hidden frame',
  )

  await page.evaluate((returnTo) => client.logout({ logoutParams: { returnTo } }), `${origin}/bye`)
  await page.waitForURL(`${origin}/bye`)
  const renewal = await page.evaluate(() => client.getTokenSilently().catch((error) => error.error))
  t.equal(renewal, 'login_required')

  t.equal(await logIn(page, origin, 'admin'), 'in', 'as another user')
  t.strictSame(await call(page, `${messages}/admin`), [200, undefined])
})

test('refresh tokens rotate', async (t) => {
  const { origin } = await application(t, { useRefreshTokens: true, cacheLocation: 'localstorage' })
  const { newPage } = await browser(t)
  const page = await newPage()
  t.equal(await logIn(page, origin, 'user'), 'in')
  const refreshToken = async () => {
    const stored = JSON.stringify(await page.context().storageState()).replaceAll('\\', '')
    return /"refresh_token":"([^"]+)"/.exec(stored)?.[1]
  }
  const first = await refreshToken()
  t.match(first, /^v1\./)
  t.ok(await page.evaluate(() => client.getTokenSilently({ cacheMode: 'off' })))
  const second = await refreshToken()
  t.match(second, /^v1\./)
  t.not(second, first)
})

test('login in a popup', async (t) => {
  const { origin, messages } = await application(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(origin)
  const inPopup = async (parameters: object, persona?: string) => {
    const opened = page.waitForEvent('popup')
    const login = page.evaluate(
      (authorizationParams) =>
        client.loginWithPopup({ authorizationParams }, { timeoutInSeconds: 10 }).then(
          () => 'in',
          (error) => error.error,
        ),
      parameters,
    )
    const popup = await opened
    if (persona !== undefined) await choose(popup, persona)
    const outcome = await login
    if (!popup.isClosed()) await popup.waitForEvent('close')
    return outcome
  }
  t.equal(await inPopup({}, 'user'), 'in')
  t.match(await page.evaluate(() => client.getUser()), { name: 'Uma User' })
  t.strictSame(await call(page, `${messages}/protected`), [200, undefined])
  t.equal(await inPopup({}), 'in', 'with the session of the tenant')
  t.equal(await inPopup({ organization: 'org_acme' }, 'user'), 'access_denied')
})

test('with https at the tenant: login, calls, renewal by a refresh token', async (t) => {
  const { origin, messages } = await application(
    t,
    { useRefreshTokens: true },
    { TENANT_HTTPS: 'true' },
  )
  const { newPage } = await browser(t)
  const page = await newPage({ ignoreHTTPSErrors: true })
  t.equal(await logIn(page, origin, 'admin'), 'in')
  t.strictSame(await call(page, `${messages}/admin`), [200, undefined])
  t.ok(await page.evaluate(() => client.getTokenSilently({ cacheMode: 'off' })))
})

test('a response in a form', async (t) => {
  const { issuer } = await startTenant(t)
  const received: string[] = []
  const client = await serve(t, async (request, response) => {
    for await (const chunk of request) received.push(`${request.method} ${chunk}`)
    response.setHeader('content-type', 'text/html').end('<title>Received</title>')
  })
  const { newPage } = await browser(t)
  const page = await newPage()
  const redirect_uri = `${client.replace('127.0.0.1', 'localhost')}/callback`
  const request = { ...REQUEST, redirect_uri, response_mode: 'form_post' }
  await page.goto(`${issuer}authorize?${new URLSearchParams(request)}`)
  await choose(page, 'user')
  await page.waitForURL(redirect_uri)
  t.match(received[0], /^POST code=[\w-]+&state=the-state&iss=http/)
})

test('refresh tokens can be revoked', async (t) => {
  const { origin } = await application(t, { useRefreshTokens: true, cacheLocation: 'localstorage' })
  const { newPage } = await browser(t)
  const page = await newPage()
  t.equal(await logIn(page, origin, 'user'), 'in')
  const stored = JSON.stringify(await page.context().storageState()).replaceAll('\\', '')
  const [, token = ''] = /"refresh_token":"([^"]+)"/.exec(stored) ?? []
  t.match(token, /^v1\./)
  await page.evaluate(() => client.revokeRefreshToken())
  t.notMatch(JSON.stringify(await page.context().storageState()), token)
  t.match(await refresh(page, token), { error: 'invalid_grant' })
})

test('organizations', async (t) => {
  const { origin, messages } = await application(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  t.equal(await logIn(page, origin, 'acme-admin', { organization: 'org_acme' }), 'in')
  t.match(await page.evaluate(() => client.getIdTokenClaims()), {
    org_id: 'org_acme',
    org_name: 'acme',
  })
  t.strictSame(await call(page, `${messages}/admin`), [200, undefined])

  const stranger = await newPage()
  t.equal(await logIn(stranger, origin, 'user', { organization: 'org_acme' }), 'access_denied')
  const foreign = await newPage()
  t.equal(await logIn(foreign, origin, 'globex-member', { organization: 'globex' }), 'in')
  t.strictSame(
    await call(foreign, `${messages}/protected`),
    [401, false],
    'the API does not accept the organization',
  )
})

test('signup, by keyboard', async (t) => {
  const { origin } = await application(t)
  const { newPage } = await browser(t)
  const page = await newPage()
  await page.goto(origin)
  await page.evaluate(() =>
    client.loginWithRedirect({ authorizationParams: { screen_hint: 'signup' } }),
  )
  await page.waitForURL('**/authorize?*')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Nora New')
  await page.keyboard.press('Tab')
  await page.keyboard.type('nora@example.com')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${origin}/?*`)
  await page.evaluate(() => client.handleRedirectCallback())
  t.match(await page.evaluate(() => client.getUser()), {
    name: 'Nora New',
    email: 'nora@example.com',
  })
})
