/**
 * Makes the pictures of the pages in the documents: `npm run screenshots`. With a folder as argument, it
 * writes all pages there, in whole. All are in light and dark, on a desk and on a phone. It needs Chromium.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
// #region messages
import { serveExample } from '../examples/example-server.ts'
// #endregion messages
import { startDevelopment } from '../src/dev/start-development.ts'
import { freePort } from '../test/support/development.ts'
import { choose, launchChromium } from '../test/support/e2e/browser.ts'
import { REQUEST } from '../test/support/visitor.ts'

const MAX_BYTES = 150 * 1024
const DESK = { width: 1100, height: 760 }
const PHONE = { width: 360, height: 740 }

interface Site {
  readonly page: Page
  /** The origin of the server. */
  readonly server: string
  /** The issuer of the local tenant. */
  readonly tenant: string
  // #region messages
  /** The origin of the single-page app. */
  readonly example: string
  // #endregion messages
}

/** Opens the login page of the local tenant, as an application does. */
function authorize({ page, tenant }: Site, changes: Record<string, string> = {}) {
  return page.goto(`${tenant}authorize?${new URLSearchParams({ ...REQUEST, ...changes })}`)
}

interface Picture {
  readonly show: (site: Site) => Promise<unknown>
  /** Whether the documents have it. */
  readonly isInDocuments?: boolean
}

const TENANT: Readonly<Record<string, Picture>> = {
  'tenant-login': { show: (site) => authorize(site), isInDocuments: true },
  'tenant-login-organization': {
    async show(site) {
      await authorize(site, { organization: 'acme', login_hint: 'acme-admin' })
      await site.page.click('summary')
    },
  },
  'tenant-signup': {
    async show(site) {
      await authorize(site, { screen_hint: 'signup' })
      await site.page.fill('[name=name]', 'Ada Admin')
      await site.page.fill('[name=email]', 'admin@example.com')
      await site.page.click('button:text-is("Sign up")')
    },
  },
  'tenant-error': { show: ({ page, tenant }) => page.goto(`${tenant}login`) },
  'console-overview': { show: ({ page, tenant }) => page.goto(tenant), isInDocuments: true },
  'console-tokens': {
    async show({ page, tenant }) {
      await page.goto(tenant)
      await page.click('[aria-label="Get token of Abe Admin"]')
    },
  },
  'console-explain': {
    async show({ page, tenant }) {
      await page.goto(tenant)
      await page.click('tr:has-text("Uma User") summary')
      await page.click('[aria-label="Explain /api/messages/admin for Uma User"]')
    },
    isInDocuments: true,
  },
  'console-bound-token': {
    async show({ page, tenant }) {
      await page.goto(`${tenant}console/tokens`)
      await page.click('button:text-is("Bound to a key (DPoP)")')
      await page.click('button:text-is("Send as DPoP")')
      await page.click('button:text-is("Replay the last proof")')
    },
  },
  'console-requests': {
    async show({ page, server, tenant }) {
      for (const route of ['public', 'protected', 'admin']) {
        await fetch(`${server}/api/messages/${route}`)
      }
      const body = new URLSearchParams({
        grant_type: 'urn:local-tenant:grant-type:persona',
        persona: 'user',
      })
      const response = await fetch(`${tenant}oauth/token`, { method: 'POST', body })
      const { access_token } = (await response.json()) as { access_token: string }
      const headers = { authorization: `Bearer ${access_token}` }
      await fetch(`${server}/api/messages/admin`, { headers })
      await page.goto(`${tenant}console/requests`)
    },
    isInDocuments: true,
  },
  'console-people': {
    show: ({ page, tenant }) => page.goto(`${tenant}console/people`),
    isInDocuments: true,
  },
  'console-organizations': {
    show: ({ page, tenant }) => page.goto(`${tenant}console/organizations`),
  },
  'console-sessions': { show: ({ page, tenant }) => page.goto(`${tenant}console/sessions`) },
  'console-clients': { show: ({ page, tenant }) => page.goto(`${tenant}console/clients`) },
  'console-faults': {
    show: ({ page, tenant }) => page.goto(`${tenant}console/faults`),
    isInDocuments: true,
  },
}

// #region messages
const EXAMPLE: Readonly<Record<string, Picture>> = {
  example: {
    async show({ page, example }) {
      await page.goto(example)
      await page.click('button:text-is("Log in")')
      await choose(page, 'user')
      await page.waitForSelector('text=Hello, Uma User.')
      await page.click('button:text-is("Admin")')
      await page.waitForSelector('#answer p')
    },
    isInDocuments: true,
  },
}
// #endregion messages

// #region api-reference
const REFERENCE: Readonly<Record<string, Picture>> = {
  reference: {
    async show({ page, server }) {
      await page.goto(`${server}/docs/`)
      await page.click('button:text-is("Log in")')
      await choose(page, 'user')
      await page.waitForSelector('#log-out')
      const operation = page.locator('.operation').nth(1)
      await operation.locator('> summary').click()
      await operation.locator('button').click()
      await operation.locator('.status').waitFor()
      await page.evaluate('scrollTo(0, 0)')
    },
    isInDocuments: true,
  },
}
// #endregion api-reference

// #region browser-login
async function logIn({ page, server }: Site, persona: string, query = ''): Promise<void> {
  await page.goto(`${server}/login${query}`)
  await choose(page, persona)
  await page.waitForURL('**/profile')
}

const SITE: Readonly<Record<string, Picture>> = {
  'site-home': { show: ({ page, server }) => page.goto(server) },
  'site-home-logged-in': {
    async show(site) {
      await logIn(site, 'acme-admin')
      await site.page.goto(site.server)
    },
  },
  'site-profile': {
    show: (site) => logIn(site, 'acme-member', '?organization=acme'),
    isInDocuments: true,
  },
  'site-federated': {
    async show(site) {
      await logIn(site, 'user')
      await site.page.goto(`${site.server}/federated/calendar`)
    },
  },
  'site-error': {
    async show({ page, server }) {
      await page.goto(`${server}/login?organization=acme`)
      await choose(page, 'user')
      await page.waitForURL('**/callback**')
    },
    isInDocuments: true,
  },
}
// #endregion browser-login

const PICTURES = {
  ...TENANT,
  // #region messages
  ...EXAMPLE,
  // #endregion messages
  // #region api-reference
  ...REFERENCE,
  // #endregion api-reference
  // #region browser-login
  ...SITE,
  // #endregion browser-login
}

const [everything] = process.argv.slice(2)
const target = everything ?? join(import.meta.dirname, '../docs/images')
const directory = mkdtempSync(join(tmpdir(), 'screenshots-'))
// #region messages
const examplePort = await freePort()
const example = `http://localhost:${examplePort}`
// #endregion messages
const environment = {
  // #region messages
  CLIENT_ORIGIN_URL: example,
  // #endregion messages
  PORT: await freePort(),
  TENANT_PORT: '0',
  LOG_LEVEL: 'silent',
  MAX_EVENT_LOOP_DELAY: '0',
}
const { tenant, server } = await startDevelopment([environment], directory)
// #region messages
const exampleServer = await serveExample(Number(examplePort), {
  api: `http://localhost:${server.port}`,
  tenant: new URL(tenant.issuer).origin,
})
// #endregion messages
const browser = await launchChromium()
mkdirSync(target, { recursive: true })

for (const [name, { show, isInDocuments = false }] of Object.entries(PICTURES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [device, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
      if (everything === undefined && !isInDocuments) continue
      const context = await browser.newContext({ viewport, colorScheme })
      const page = await context.newPage()
      const origin = `http://localhost:${server.port}`
      await show({
        page,
        server: origin,
        tenant: tenant.issuer,
        // #region messages
        example,
        // #endregion messages
      })
      // The pages in the documents are all of one size.
      const image = await page.screenshot({ fullPage: everything !== undefined })
      if (image.length > MAX_BYTES) console.error(`${name} has ${image.length} bytes`)
      writeFileSync(join(target, `${name}-${colorScheme}-${device}.png`), image)
      await context.close()
    }
  }
}
await browser.close()
// #region messages
exampleServer.close()
// #endregion messages
await server.app.close()
await tenant.app.close()
rmSync(directory, { recursive: true })
