import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isEntry, run } from '../src/cli/support/run.ts'
import { assertDefined } from '../src/utils/assert-defined.ts'

/** Where the page finds everything; a test gives its own. */
export interface Places {
  readonly api: string
  readonly tenant: string
}

const PLACES: Places = { api: 'http://localhost:6060', tenant: 'http://localhost:6061' }

/** Serves the single-page app: `index.html`, and the vendor's browser SDK from node_modules. */
export function serveExample(port: number, places = PLACES): Promise<Server> {
  const sdk = createRequire(import.meta.url).resolve(
    '@auth0/auth0-spa-js/dist/auth0-spa-js.production.js',
  )
  const html = readFileSync(join(import.meta.dirname, 'index.html'), 'utf8')
    .replace(PLACES.api, places.api)
    .replace(PLACES.tenant, places.tenant)
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(html) ?? []
  const [, script = ''] = /<script>(.*?)<\/script>/s.exec(html) ?? []
  const api = settingIn(html, /const API = '([^']+)'/)
  const domain = settingIn(html, /domain: '([^']+)'/)
  const tenant = domain.includes('://') ? domain : `https://${domain}`
  const policy = [
    "default-src 'none'",
    `script-src 'self' '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `connect-src ${api} ${tenant}`,
    `frame-src ${tenant}`,
    'img-src data:',
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  const server = createServer(({ url = '/' }, response) => {
    const [pathname] = url.split('?')
    if (pathname === '/auth0-spa-js.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8')
      response.end(readFileSync(sdk))
    } else if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.setHeader('content-security-policy', policy)
      response.end(html)
    } else {
      response.writeHead(404).end()
    }
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, 'localhost', () => resolve(server))
  })
}

/** What the page says of its surroundings: the policy follows it. */
function settingIn(html: string, pattern: RegExp): string {
  return assertDefined(pattern.exec(html)?.[1], 'setting')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

if (isEntry(import.meta.url)) {
  await run(async () => {
    await serveExample(4040)
    process.stdout.write('The single-page app is at http://localhost:4040\n')
  })
}
