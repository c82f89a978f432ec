import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

const page = new URL('index.html', import.meta.url)
const sdk = import.meta.resolve('@auth0/auth0-spa-js/dist/auth0-spa-js.production.js')

/** The two files of the page, by path. */
const FILES: Record<string, readonly [type: string, content: Buffer]> = {
  '/': ['text/html; charset=utf-8', readFileSync(page)],
  '/auth0-spa-js.js': ['text/javascript; charset=utf-8', readFileSync(fileURLToPath(sdk))],
}

const server = createServer(({ url = '/' }, response) => {
  const [type, content] = FILES[url.split('?')[0] ?? '/'] ?? []
  if (type === undefined) response.writeHead(404).end()
  else response.setHeader('content-type', type).end(content)
})

server.listen(4040, 'localhost', () => console.log('The page is at http://localhost:4040'))
