import { chromium } from 'playwright-core'
import type { Test } from 'tap'

/** Debian's Chromium, told to keep to itself. */
export async function browser(t: Test) {
  const instance = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.teardown(() => instance.close())
  return {
    /** A new page in a new profile; requests that leave this machine fail the test. */
    async newPage() {
      const context = await instance.newContext()
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url())
        if (protocol.startsWith('http')) t.equal(hostname, 'localhost', request.url())
      })
      return page
    },
  }
}
