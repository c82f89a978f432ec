import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT, ORIGIN, testApp } from '../support/app.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { token } from '../support/tokens/tokens.ts'

const routes = [
  async (app: FastifyInstance) => {
    app.get(PUBLIC, { config: { access: 'public' } }, () => ({ message: 'public' }))
    app.get('/b', { config: { access: { permissions: ['write:b', 'read:b'] } } }, () => 'b')
    app.get('/a', { config: { access: { scopes: ['read:a'] } } }, () => 'a')
    app.post('/a', { config: { access: { anyPermission: ['read:b'] } } }, () => 'a')
  },
]

const PATH = '/.well-known/oauth-protected-resource'

/** A server whose keys are not available. */
async function served(
  t: Test,
  environment: Record<string, string>,
  definition: object = { routes },
) {
  const quiet = {
    PORT: '0',
    HOST: 'localhost',
    LOG_LEVEL: 'silent',
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
  }
  const { app } = await startServer({ routes, ...definition }, [
    { ...ENVIRONMENT, ...quiet, ...environment },
  ])
  t.teardown(() => app.close())
  return app
}

test('without PUBLIC_URL there is no document', async (t) => {
  const app = await served(t, {})
  const { statusCode, body } = await app.inject(PATH)
  t.equal(statusCode, 404)
  t.equal(body, '{"message":"Not Found"}')
})

test('the document is public, for any origin, and the same for every host', async (t) => {
  const app = await served(t, { PUBLIC_URL: 'https://api.test', DPOP: 'allowed' })
  const response = await app.inject(PATH)
  t.equal(response.statusCode, 200, 'also while the keys are unavailable')
  t.strictSame(response.json(), {
    resource: 'https://api.test',
    authorization_servers: ['http://127.0.0.1:9/'],
    bearer_methods_supported: ['header'],
    resource_name: 'API',
    scopes_supported: ['read:a', 'read:b', 'write:b'],
    resource_documentation: 'https://api.test/docs',
    dpop_signing_alg_values_supported: ['ES256'],
  })
  t.match(response.headers, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'public, max-age=3600',
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': undefined,
  })
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    origin: 'https://x.test',
  }
  t.equal((await app.inject({ url: PATH, headers })).body, response.body)
  const bad = { authorization: 'Bearer x y' }
  t.equal((await app.inject({ url: PATH, headers: bad })).statusCode, 200)
  const head = await app.inject({ method: 'HEAD', url: PATH })
  t.strictSame([head.statusCode, head.body], [200, ''])
  t.equal((await app.inject({ method: 'POST', url: PATH })).statusCode, 405)
  t.equal((await app.inject(`${PATH}/other`)).statusCode, 404)
})

test('a preflight from any origin passes for the document alone', async (t) => {
  const app = await served(t, { PUBLIC_URL: 'https://api.test' })
  const preflight = async (url: string, origin: string) => {
    const { statusCode, headers } = await app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version',
      },
    })
    const { 'access-control-allow-origin': allowed, 'access-control-allow-headers': names } =
      headers
    return [statusCode, allowed, names === '*']
  }
  t.strictSame(await preflight(PATH, 'https://any.test'), [204, '*', true])
  t.strictSame(await preflight(PUBLIC, 'https://any.test'), [204, undefined, false])
  t.strictSame(await preflight(PUBLIC, ORIGIN), [204, ORIGIN, false])
})

test('a client that has the document already gets 304', async (t) => {
  const app = await served(t, { PUBLIC_URL: 'https://api.test' })
  const { etag } = (await app.inject(PATH)).headers
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const response = await app.inject({ url: PATH, headers: { 'if-none-match': String(known) } })
    t.strictSame([response.statusCode, response.body, response.headers.etag], [304, '', etag])
  }
  const other = await app.inject({ url: PATH, headers: { 'if-none-match': '"x"' } })
  t.equal(other.statusCode, 200)
})

test('the path of the document is that of the identifier', async (t) => {
  const cases: [environment: Record<string, string>, path: string, resource: string][] = [
    [{ PUBLIC_URL: 'https://api.test/v1/' }, '/v1', 'https://api.test/v1'],
    [
      { PUBLIC_URL: 'https://api.test/v1', RESOURCE_IDENTIFIER: 'https://api.test/' },
      '',
      'https://api.test/',
    ],
    [
      { PUBLIC_URL: 'https://api.test/v1', RESOURCE_IDENTIFIER: 'https://other.test/x' },
      '/v1',
      'https://other.test/x',
    ],
  ]
  for (const [environment, path, resource] of cases) {
    const app = await served(t, environment)
    t.equal((await app.inject(PATH + path)).json().resource, resource)
    const others = ['', '/v1', '/x'].filter((other) => other !== path)
    for (const other of others) t.equal((await app.inject(PATH + other)).statusCode, 404, other)
  }
})

test('members that do not apply are left out', async (t) => {
  const definition = { routes: [], openapi: { title: 'Notes', version: '1.0.0' } }
  const app = await served(
    t,
    { PUBLIC_URL: 'https://api.test', API_REFERENCE: 'false', DPOP: 'off' },
    definition,
  )
  t.strictSame((await app.inject(PATH)).json(), {
    resource: 'https://api.test',
    authorization_servers: ['http://127.0.0.1:9/'],
    bearer_methods_supported: ['header'],
    resource_name: 'Notes',
  })
})

test('a URL that cannot be meant stops the start', async (t) => {
  const load = (environment: Record<string, string>) => () => loadConfig(ENVIRONMENT, environment)
  for (const url of ['https://a.test?x', 'https://a.test/#x', 'https://u:p@a.test', 'a.test']) {
    t.throws(load({ PUBLIC_URL: url }), /PUBLIC_URL is invalid/, url)
  }
  t.throws(load({ PUBLIC_URL: 'http://a.test', NODE_ENV: 'production' }), /PUBLIC_URL is invalid/)
  const PUBLIC_URL = 'https://a.test'
  for (const identifier of [
    'a.test',
    'https://a.test/#x',
    'https://a b',
    'https://[x',
    'https://a.test/*',
  ]) {
    const variables = { PUBLIC_URL, RESOURCE_IDENTIFIER: identifier }
    t.throws(load(variables), /RESOURCE_IDENTIFIER is invalid/, identifier)
  }
  t.throws(load({ RESOURCE_IDENTIFIER: PUBLIC_URL }), /PUBLIC_URL is required/)
})

test('challenges lead to the document', async (t) => {
  const url = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource/v1"'
  const environment = { PUBLIC_URL: 'https://api.test/v1', DPOP: 'allowed' }
  const { call } = await testApp(t, { environment })
  const challenge = async (path: string, bearer?: string) => {
    const { headers } = await call(path, bearer)
    return String(headers['www-authenticate'])
  }
  const missing = await challenge(ADMIN)
  t.match(missing, `Bearer realm="api", scope="read:probe", ${url}`)
  t.match(await challenge(PROTECTED), `Bearer realm="api", ${url}`, 'no permission is needed')
  t.match(await challenge(ADMIN, 'x'), /error="invalid_token".*resource_metadata=/)
  t.match(await challenge(ADMIN, token({ permissions: [] })), /scope="read:probe", resource_/)
  t.equal(missing.split('resource_metadata').length, 3, 'for Bearer and DPoP')
  const required = await testApp(t, { environment: { ...environment, DPOP: 'required' } })
  const { headers } = await required.call(PROTECTED)
  t.match(headers['www-authenticate'], /^DPoP algs="[^"]+", resource_metadata=/)
  const app = await served(t, { ...environment, DPOP: 'required' })
  t.match((await app.inject(`${PATH}/v1`)).json(), { dpop_bound_access_tokens_required: true })
})
