import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { startDevelopment } from '../../../src/dev/start-development.ts'
import { api } from '../../../src/local-tenant/directory/data.ts'
import { serve } from '../process.ts'
import { choose } from './browser.ts'

const sdk = readFileSync(
  createRequire(import.meta.url).resolve('@auth0/auth0-spa-js/dist/auth0-spa-js.production.js'),
)

/** Auth0's SDK, as the page below has it in `client`. */
export interface SdkClient {
  loginWithRedirect(options?: object): Promise<void>
  loginWithPopup(options?: object, config?: object): Promise<void>
  revokeRefreshToken(): Promise<void>
  handleRedirectCallback(): Promise<unknown>
  getTokenSilently(options?: object): Promise<string>
  getUser(): Promise<Record<string, string> | undefined>
  getIdTokenClaims(): Promise<Record<string, string>>
  isAuthenticated(): Promise<boolean>
  logout(options: object): Promise<void>
  createFetcher(options: object): {
    fetchWithAuth(path: string, init: object, token: { audience: string }): Promise<Response>
  }
}

declare const client: SdkClient

/** Starts a single-page app with Auth0's SDK, and the tenant and API that it uses. */
export async function application(t: Test, options: object = {}, variables: object = {}) {
  const settings = { value: '' }
  const origin = (
    await serve(t, ({ url = '' }, response) => {
      if (url === '/sdk.js') return response.setHeader('content-type', 'text/javascript').end(sdk)
      response.setHeader('content-type', 'text/html')
      response.end(`<!doctype html><title>App</title><script src="/sdk.js"></script>
      <script>const settings = ${settings.value}
      const client = new auth0.Auth0Client(settings)</script>`)
    })
  ).replace('127.0.0.1', 'localhost')
  const environment = {
    PORT: '0',
    TENANT_PORT: '0',
    CLIENT_ORIGIN_URL: origin,
    LOG_LEVEL: 'silent',
    MAX_EVENT_LOOP_DELAY: '0',
    ...variables,
  }
  const { tenant, server } = await startDevelopment([environment], t.testdir())
  t.teardown(async () => {
    await server.app.close()
    await tenant.app.close()
  })
  settings.value = JSON.stringify({
    domain: new URL(tenant.issuer).origin,
    clientId: 'messages-spa',
    authorizationParams: { redirect_uri: origin, audience: api.identifier },
    ...options,
  })
  return { origin, messages: `http://localhost:${server.port}/api/messages` }
}

/** Logs in as a persona. Returns `in`, or the error code of the response. */
export async function logIn(page: Page, origin: string, persona: string, parameters: object = {}) {
  await page.goto(origin)
  await page.evaluate(
    (authorizationParams) => client.loginWithRedirect({ authorizationParams }),
    parameters,
  )
  await choose(page, persona)
  await page.waitForURL(`${origin}/?*`)
  return page.evaluate(() =>
    client.handleRedirectCallback().then(
      () => 'in',
      (error) => error.error,
    ),
  )
}
