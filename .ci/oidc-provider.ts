/**
 * Uses oidc-provider, which is certified for OpenID Connect and not of this project, as the issuer: its
 * metadata, a browser login in Chromium, and calls with its tokens. Prints `Provider: N passed, N failed`.
 *
 *     node_modules/.bin/tsx .ci/oidc-provider.ts <its main file>
 */
import { strictEqual } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { resolve } from 'node:path'
import * as client from 'openid-client'
import type { Page } from 'playwright-core'
import { startServer } from '../src/server.ts'
import { launchChromium } from '../test/support/e2e/browser.ts'
import { ADMIN, PERMISSION, PROBE_SERVER, PROTECTED, PUBLIC } from '../test/support/probe-routes.ts'
import { freePort } from '../test/support/process.ts'
import { runChecks } from './run-checks.ts'

const AUDIENCE = 'https://api.test'
const OTHER_API = 'https://other-api.test'
const SECRET = 'the-secret-of-all-clients-of-this-check'

/** What this check uses of the package. */
interface Provider {
  listen(port: number, host: string): Server
}
type ProviderClass = new (issuer: string, configuration: object) => Provider

const [file = ''] = process.argv.slice(2)
const { Provider } = (await import(resolve(file))) as { readonly Provider: ProviderClass }
const issuerPort = await freePort('localhost')
const PORT = String(await freePort('localhost'))
const issuer = `http://localhost:${issuerPort}`
const site = `http://localhost:${PORT}`
const script = `${site}/script-callback`

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const clientOf = (id: string, settings: object) => ({
  client_id: id,
  client_secret: SECRET,
  token_endpoint_auth_method: 'client_secret_post',
  ...settings,
})
const login = { grant_types: ['authorization_code', 'refresh_token'] }
const provider = new Provider(issuer, {
  clients: [
    clientOf('web', {
      ...login,
      redirect_uris: [`${site}/callback`],
      post_logout_redirect_uris: [`${site}/`],
    }),
    clientOf('script', { ...login, redirect_uris: [script] }),
    clientOf('machine', {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    }),
  ],
  jwks: {
    keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'k1' }],
  },
  cookies: { keys: [SECRET] },
  claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
  // Claims of a scope are in ID tokens, too.
  conformIdTokenClaims: false,
  findAccount: (_context: unknown, sub: string) => ({
    accountId: sub,
    claims: () => ({ sub, name: `The ${sub}`, email: `${sub}@example.com` }),
  }),
  extraTokenClaims: (_context: unknown, { accountId }: { accountId?: string }) =>
    accountId === 'admin' ? { permissions: [PERMISSION] } : undefined,
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    // RFC 8707. Logins are for the API; a machine has to name one, and gets an opaque token otherwise.
    resourceIndicators: {
      enabled: true,
      defaultResource: (_context: unknown, { clientId }: { clientId: string }, one?: string) =>
        clientId === 'machine' ? one : AUDIENCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context: unknown, audience: string) => ({
        audience,
        scope: '',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
})
const listener = provider.listen(issuerPort, 'localhost')
await once(listener, 'listening')

const environment = {
  ISSUER: issuer,
  AUDIENCE,
  CLIENT_ORIGIN_URL: 'http://localhost:4040',
  PORT,
  HOST: 'localhost',
  LOG_LEVEL: 'silent',
  AUTH0_CLIENT_ID: 'web',
  AUTH0_CLIENT_SECRET: SECRET,
  SESSION_SECRET: SECRET,
}
const definition = { ...PROBE_SERVER, profileRoutes: [PUBLIC, PROTECTED, ADMIN] }
const server = await startServer(definition, [environment])
const chromium = await launchChromium()

async function newPage(): Promise<Page> {
  const page = await (await chromium.newContext()).newPage()
  page.setDefaultTimeout(10_000)
  // Its pages ask for a font on the internet.
  await page.route(/^https:/, (route) => route.abort())
  return page
}

/** Logs in on the pages of the provider, and agrees. */
async function logInAt(page: Page, name: string): Promise<void> {
  await page.fill('[name=login]', name)
  await page.fill('[name=password]', 'any')
  await page.click('button[type=submit]')
  await page.click('button:text-is("Continue")')
}

async function statusOf(token: string, path = PROTECTED): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(site + path, { headers })).status
}

function openidClient(id: string): Promise<client.Configuration> {
  const insecure = { execute: [client.allowInsecureRequests] }
  return client.discovery(new URL(issuer), id, SECRET, undefined, insecure)
}

/** The tokens of a login with a client that is not this server. */
async function tokensOf(name: string) {
  const configuration = await openidClient('script')
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: script,
    scope: 'openid profile email',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const page = await newPage()
  await page.goto(url.href)
  await logInAt(page, name)
  await page.waitForURL(`${script}?**`)
  const callback = new URL(page.url())
  return client.authorizationCodeGrant(configuration, callback, { pkceCodeVerifier })
}

const tokens: Record<string, { readonly access: string; readonly id: string }> = {}
const page = await newPage()

await runChecks('Provider', [
  [
    'the keys are found in the metadata',
    async () => {
      strictEqual(await server.keys.refresh(), true)
      strictEqual(server.keys.known.keys[0]?.kid, 'k1')
    },
  ],
  [
    'the browser login shows who logged in, and calls the API',
    async () => {
      await page.goto(site)
      await page.click('a:text-is("Log in")')
      await logInAt(page, 'admin')
      await page.waitForURL(`${site}/profile`)
      strictEqual(await page.textContent('h1'), 'The admin')
      for (const route of [PUBLIC, PROTECTED, ADMIN]) {
        const status = await page.textContent(`dt:text-is("${route}") + dd .chip`)
        strictEqual(`${route} ${status}`, `${route} 200`)
      }
    },
  ],
  [
    'access tokens are accepted, with the permissions in them',
    async () => {
      for (const name of ['admin', 'user']) {
        const { access_token: access, id_token: id = '' } = await tokensOf(name)
        tokens[name] = { access, id }
        strictEqual(await statusOf(access), 200)
        strictEqual(await statusOf(access, ADMIN), name === 'admin' ? 200 : 403)
      }
    },
  ],
  [
    'ID tokens are rejected',
    async () => {
      strictEqual(Object.keys(tokens).length, 2)
      for (const { id } of Object.values(tokens)) strictEqual(await statusOf(id), 401)
    },
  ],
  [
    'a machine is accepted, unless its token is opaque or for another API',
    async () => {
      const machine = await openidClient('machine')
      const issue = async (parameters: Record<string, string>) =>
        (await client.clientCredentialsGrant(machine, parameters)).access_token
      strictEqual(await statusOf(await issue({ resource: AUDIENCE })), 200)
      strictEqual(await statusOf(await issue({ resource: OTHER_API })), 401)
      const opaque = await issue({})
      strictEqual(opaque.includes('.'), false)
      strictEqual(await statusOf(opaque), 401)
    },
  ],
  [
    'the logout ends both sessions',
    async () => {
      await page.goto(site)
      await page.click('text=Log out')
      await page.click('button:text-is("Yes, sign me out")')
      await page.waitForURL(`${site}/`)
      await page.waitForSelector('text=You are not logged in.')
      await page.click('a:text-is("Log in")')
      await page.waitForSelector('[name=login]')
    },
  ],
])

await chromium.close()
await server.app.close()
listener.closeAllConnections()
listener.close()
