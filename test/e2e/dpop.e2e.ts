import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { browser } from '../support/e2e/browser.ts'
import { application, logIn, type SdkClient } from '../support/e2e/single-page-app.ts'

/** The SDK client of the page. */
declare const client: SdkClient

const NONCES = { DPOP_NONCE_SECRETS: 'a secret of 32 characters at least' }

/** A page that is logged in. */
async function open(t: Test, options: object, variables: object = {}) {
  const { origin, messages } = await application(t, options, variables)
  const { newPage } = await browser(t)
  const page = await newPage()
  t.equal(await logIn(page, origin, 'user'), 'in')
  return { page, origin, messages }
}

/** The requests of a page to the API: the scheme of each, and the status of its response. */
function requestsTo(page: Page, messages: string) {
  const requests: { scheme: string | undefined; hasProof: boolean; status: number }[] = []
  page.on('response', async (response) => {
    const request = response.request()
    if (!request.url().startsWith(messages) || request.method() !== 'GET') return
    const { authorization, dpop } = request.headers()
    requests.push({
      scheme: authorization?.split(' ')[0],
      hasProof: dpop !== undefined,
      status: response.status(),
    })
  })
  return requests
}

/**
 * Calls a route with the SDK's fetcher, one request after the other. Without the audience, the fetcher would
 * get a token for `/userinfo`: it does not use that of the client's settings.
 */
const call = (page: Page, baseUrl: string, times = 1) =>
  page.evaluate(
    async ({ baseUrl, times, audience }) => {
      const fetcher = client.createFetcher({ dpopNonceId: 'messages', baseUrl })
      const statuses: number[] = []
      for (let round = 0; round < times; round += 1) {
        statuses.push((await fetcher.fetchWithAuth('protected', {}, { audience })).status)
      }
      return statuses
    },
    { baseUrl: `${baseUrl}/`, times, audience: api.identifier },
  )

const GOOD = { scheme: 'DPoP', hasProof: true, status: 200 }

for (const useRefreshTokens of [false, true]) {
  const renewal = useRefreshTokens ? 'a refresh token' : 'a hidden frame'
  test(`with useDpop, calls are bound to the browser's key; renewal by ${renewal}`, async (t) => {
    const { page, origin, messages } = await open(t, { useDpop: true, useRefreshTokens })
    const requests = requestsTo(page, messages)
    t.strictSame(await call(page, messages), [200])
    const renewed = await page.evaluate(() => client.getTokenSilently({ cacheMode: 'off' }))
    t.match(JSON.parse(atob(String(renewed.split('.')[1]))), { cnf: { jkt: /^[\w-]{43}$/ } })
    t.strictSame(await call(page, messages), [200])
    t.strictSame(requests, [GOOD, GOOD], 'without a nonce, no request is repeated')

    await page.evaluate(
      (returnTo) => client.logout({ logoutParams: { returnTo } }),
      `${origin}/bye`,
    )
    await page.waitForURL(`${origin}/bye`)
    t.equal(await logIn(page, origin, 'user'), 'in', 'with a new key')
    t.strictSame(await call(page, messages), [200])
  })
}

test('a nonce of the API costs one more request, once', async (t) => {
  const { page, messages } = await open(t, { useDpop: true }, NONCES)
  const requests = requestsTo(page, messages)
  t.strictSame(await call(page, messages), [200])
  t.strictSame(requests, [{ ...GOOD, status: 401 }, GOOD])
  const statuses = await call(page, messages, 50)
  t.strictSame(new Set(statuses), new Set([200]))
  t.equal(requests.length, 52)
})

test('without useDpop, the same calls have a bearer token', async (t) => {
  const { page, messages } = await open(t, { useDpop: false })
  const requests = requestsTo(page, messages)
  t.strictSame(await call(page, messages), [200])
  t.strictSame(requests, [{ scheme: 'Bearer', hasProof: false, status: 200 }])
})
