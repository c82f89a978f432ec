import axe from 'axe-core'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

declare const window: { axe: typeof axe }

/** What the browser says of calls that are refused, as they ought to be. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/

/**
 * Debian's Chromium, told to keep to itself.
 *
 * @param alias a further name for 127.0.0.1, as the page of another site could give it (DNS rebinding)
 */
export function launchChromium(alias?: string) {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Chromium itself refuses some of these requests. Other browsers do not.
      ...(alias === undefined
        ? []
        : [
            `--host-resolver-rules=MAP ${alias} 127.0.0.1`,
            '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
          ]),
    ],
  })
}

/** @param alias see `launchChromium` */
export async function browser(t: Test, alias?: string) {
  const instance = await launchChromium(alias)
  t.teardown(() => instance.close())
  return {
    /**
     * A new page in a new profile. Requests that leave this machine fail the test, and so does what
     * the browser complains of, be it a script's error or a breach of a content-security policy.
     */
    async newPage(options: BrowserContextOptions = {}) {
      const context = await instance.newContext(options)
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url())
        const isLocal = hostname === 'localhost' || hostname === alias
        // Not an assertion for each: a page may still load its style sheet when the test ends.
        if (protocol.startsWith('http') && !isLocal) t.fail(`a request to ${request.url()}`)
      })
      page.on('pageerror', (error) => t.fail(`an uncaught error: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() === 'error' && !REFUSED.test(message.text())) t.fail(message.text())
      })
      return page
    },
  }
}

/** Looks for what keeps people from using a page, with axe-core. */
export async function checkAccessibility(t: Test, page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => window.axe.run())
  t.strictSame(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
    `${name}: accessible`,
  )
}

const SIZES = [
  { width: 360, height: 740 },
  { width: 1440, height: 900 },
]

/** Checks that a page is accessible and not too wide: in light and dark, on a phone and a wide screen. */
export async function checkEverywhere(t: Test, page: Page, name: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size)
    const where = `${name} at ${size.width} pixels`
    const isTooWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
    t.equal(await page.evaluate(isTooWide), false, `${where}: not too wide`)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await checkAccessibility(t, page, `${where}, ${colorScheme}`)
    }
  }
}

/** Logs in on the login page of the local tenant, also as somebody outside its suggestions. */
export async function choose(page: Page, persona: string): Promise<void> {
  const button = page.locator(`button[value="${persona}"]`)
  await button.waitFor({ state: 'attached' })
  if (!(await button.isVisible())) await page.click('summary')
  await button.click()
}
