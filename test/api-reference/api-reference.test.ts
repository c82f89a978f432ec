import { type Test, test } from 'tap'
import { parse } from 'yaml'
import type { Environment } from '../../src/config/environment.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { ADMIN, PERMISSION, PROBE_SERVER, PUBLIC } from '../support/probe-routes.ts'

const HERE = { ...ENVIRONMENT, PORT: '0', LOG_LEVEL: 'silent' }

async function server(t: Test, environment: Environment = {}) {
  const { app } = await startServer(PROBE_SERVER, [HERE, environment])
  t.teardown(() => app.close())
  return app
}

test('the reference is served in development, and loads nothing from other origins', async (t) => {
  const app = await server(t, { API_REFERENCE_CLIENT_ID: 'the-client' })
  for (const url of ['/docs/', '/docs/?x']) {
    const { statusCode, headers } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.match(headers, { 'x-frame-options': 'DENY', 'cache-control': 'no-store' })
    const policy = String(headers['content-security-policy'])
    t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self' 'sha256-/)
    t.match(policy, /connect-src 'self' https:\/\/tenant\.test;/)
  }
  const { body, headers } = await app.inject('/docs/static/swagger-ui.css')
  t.ok(body.length > 0)
  t.equal(headers['cache-control'], 'no-store')
  const { body: script } = await app.inject('/docs/static/swagger-initializer.js')
  t.match(script, '"clientId":"the-client"')
  t.match(script, '"audience":"https://api.test"')
})

test('the document has the routes of the product, with a login at the tenant', async (t) => {
  const app = await server(t)
  const document = (await app.inject('/openapi.json')).json()
  t.strictSame(parse((await app.inject('/openapi.yaml')).body), document)
  const { paths, components, servers } = document
  t.strictSame(servers, [{ url: '/' }])
  t.equal(
    components.securitySchemes.login.flows.authorizationCode.authorizationUrl,
    'https://tenant.test/authorize',
  )
  t.strictSame(paths[ADMIN].get.security, [{ accessToken: [PERMISSION] }, { login: [] }])
  t.strictSame(paths[PUBLIC].get.security, [])
})

test('unknown paths and methods get the usual errors', async (t) => {
  const app = await server(t)
  for (const [method, url, status, message] of [
    ['GET', '/docs/nothing', 404, 'Not Found'],
    ['GET', '/docs/static/nothing', 404, 'Not Found'],
    ['GET', '/docs/static/', 404, 'Not Found'],
    ['GET', '/docs/static/%2e%2e/%2e%2e/package.json', 404, 'Not Found'],
    ['GET', '/docs/static/../../package.json', 404, 'Not Found'],
    ['GET', '/docs/static/.env', 404, 'Not Found'],
    ['GET', '/docs/static/%00', 404, 'Not Found'],
    ['POST', '/docs/static/nothing', 405, 'Method Not Allowed'],
    ['POST', '/docs/', 405, 'Method Not Allowed'],
  ] as const) {
    const answer = await app.inject({ method, url })
    t.strictSame([answer.statusCode, answer.json()], [status, { message }], `${method} ${url}`)
  }
})

test('the redirect of a login may have any query', async (t) => {
  const app = await server(t)
  const url = '/docs/static/oauth2-redirect.html?code=a%2Fb&state=/.x%3D'
  t.equal((await app.inject(url)).statusCode, 200)
  t.equal((await app.inject('/docs/static/?x=1')).statusCode, 404)
})

test('files are sent whole, with any conditional header', async (t) => {
  const app = await server(t)
  for (const [name, value] of [
    ['range', 'bytes=999999999-'],
    ['if-match', '"x"'],
    ['if-none-match', '*'],
    ['if-unmodified-since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ] as const) {
    const url = '/docs/static/swagger-ui.css'
    const { statusCode, body } = await app.inject({ url, headers: { [name]: value } })
    t.equal(statusCode, 200, name)
    t.ok(body.length > 100_000)
  }
})

test('in production the reference is off by default', async (t) => {
  const production = { NODE_ENV: 'production', HOST: 'localhost' }
  t.equal((await (await server(t, production)).inject('/docs')).statusCode, 404)
  const asked = await server(t, { ...production, API_REFERENCE: 'true' })
  t.equal((await asked.inject('/docs/')).statusCode, 200)
  const unwanted = await server(t, { API_REFERENCE: 'false' })
  t.equal((await unwanted.inject('/docs')).statusCode, 404)
})

test('the reference works behind a path prefix', async (t) => {
  const app = await server(t, {})
  const { statusCode, headers } = await app.inject('/docs')
  t.strictSame([statusCode, headers.location], [308, 'docs/'], 'relative to the path of the client')
  const { body } = await app.inject('/docs/')
  const links = [...body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link = '']) => link)
  t.ok(links.length > 4)
  for (const link of links) t.match(link, /^\.\/static\//)
})
