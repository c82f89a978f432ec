import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { assertDefined } from '../src/utils/assert-defined.ts'

/** Base URLs that the page uses; tests replace them. */
export interface BaseUrls {
  readonly api: string
  readonly tenant: string
}

const DEFAULT_URLS: BaseUrls = { api: 'http://localhost:6060', tenant: 'http://localhost:6061' }

const SDK = '@auth0/auth0-spa-js/dist'
/** The files of the SDK that the page loads: the second one has the refresh token. */
const SCRIPTS = new Map([
  ['/auth0-spa-js.js', `${SDK}/auth0-spa-js.production.js`],
  ['/auth0-spa-js.worker.js', `${SDK}/auth0-spa-js.worker.production.js`],
])

/** Serves the single-page app: `index.html`, and Auth0's browser SDK from node_modules. */
export function serveExample(port: number, urls = DEFAULT_URLS): Promise<Server> {
  const html = readFileSync(join(import.meta.dirname, 'index.html'), 'utf8')
    .replace(DEFAULT_URLS.api, urls.api)
    .replace(DEFAULT_URLS.tenant, urls.tenant)
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(html) ?? []
  const [, script = ''] = /<script>(.*?)<\/script>/s.exec(html) ?? []
  const api = readSetting(html, /const API = '([^']+)'/)
  const domain = readSetting(html, /domain: '([^']+)'/)
  const tenant = domain.includes('://') ? domain : `https://${domain}`
  const contentSecurityPolicy = [
    "default-src 'none'",
    `script-src 'self' '${cspHash(script)}'`,
    `style-src '${cspHash(style)}'`,
    `connect-src ${api} ${tenant}`,
    "worker-src 'self'",
    `frame-src ${tenant}`,
    'img-src data:',
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  const server = createServer(({ url = '/' }, response) => {
    const [pathname = ''] = url.split('?')
    const script = SCRIPTS.get(pathname)
    response.setHeader('content-security-policy', contentSecurityPolicy)
    if (script !== undefined) {
      response.setHeader('content-type', 'text/javascript; charset=utf-8')
      response.end(readFileSync(createRequire(import.meta.url).resolve(script)))
    } else if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
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

/** A setting in the script of the page: the content security policy must allow its URL. */
function readSetting(html: string, pattern: RegExp): string {
  return assertDefined(pattern.exec(html)?.[1], 'setting')
}

function cspHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
