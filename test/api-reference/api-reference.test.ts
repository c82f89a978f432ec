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
  for (const url of ['/docs/', '/docs/?x', '/docs/?code=a%2Fb&state=/.x%3D']) {
    const { statusCode, headers, body } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.match(headers, {
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; script-src 'self'; connect-src 'self' https://tenant.test; form-action 'none'",
    })
    t.match(body, 'data-issuer="https://tenant.test/" data-audience="https://api.test"')
    t.match(body, '<input name="client" type="hidden" value="the-client">')
    t.notMatch(body, /<script>|style=|\.x/, 'nothing inline, and nothing of the request')
  }
  for (const [name, type] of [
    ['reference.css', 'text/css; charset=utf-8'],
    ['reference.js', 'text/javascript; charset=utf-8'],
  ]) {
    const { headers, body } = await app.inject(`/docs/${name}`)
    t.match(headers, { 'content-type': type, 'cache-control': 'no-store' })
    t.notMatch(body, /https?:/, `${name} names no other origin`)
  }
  t.match((await (await server(t)).inject('/docs/')).body, 'Client ID of a single-page application')
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

test('the endpoints of an issuer that is not Auth0 are in its metadata', async (t) => {
  const ISSUER = 'https://keycloak.test/realms/main'
  const own = { AUTH0_DOMAIN: '', AUTH0_AUDIENCE: '', ISSUER, AUDIENCE: 'https://api.test' }
  const { app } = await startServer(PROBE_SERVER, [{ ...HERE, ...own }])
  t.teardown(() => app.close())
  const openIdConnectUrl = `${ISSUER}/.well-known/openid-configuration`
  t.match((await app.inject('/docs/')).body, `data-metadata="${openIdConnectUrl}"`)
  const { components } = (await app.inject('/openapi.json')).json()
  t.strictSame(components.securitySchemes.login, { type: 'openIdConnect', openIdConnectUrl })
})

test('unknown paths and methods get the usual errors', async (t) => {
  const app = await server(t)
  for (const [method, url, status, message] of [
    ['GET', '/docs/nothing', 404, 'Not Found'],
    ['GET', '/docs/reference.css/', 404, 'Not Found'],
    ['GET', '/docs/%2e%2e/package.json', 404, 'Not Found'],
    ['POST', '/docs/reference.js', 405, 'Method Not Allowed'],
    ['POST', '/docs/', 405, 'Method Not Allowed'],
  ] as const) {
    const answer = await app.inject({ method, url })
    t.strictSame([answer.statusCode, answer.json()], [status, { message }], `${method} ${url}`)
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
  const files = links.filter((link) => !link.startsWith('data:'))
  t.strictSame(files, ['reference.css', '../openapi.json', '../openapi.yaml', 'reference.js'])
})
