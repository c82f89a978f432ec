import { test } from 'tap'
import {
  defineServer,
  type FastifyInstance,
  fail,
  messageSchema,
  type Resource,
  requirePrincipal,
} from '../../src/index.ts'
import { testServer } from '../../src/testing/testing.ts'

interface Body {
  readonly message: string
}

async function routes(app: FastifyInstance): Promise<void> {
  const schema = { response: { 200: messageSchema } }
  app.get('/open', { schema, config: { access: 'public' } }, () => ({ message: 'open' }))
  app.get('/wrong', { config: { access: 'public' } }, requirePrincipal)
  app.get('/me', { config: { access: {} } }, requirePrincipal)
  app.get('/admin', { config: { access: { permissions: ['read:all'] } } }, requirePrincipal)
  app.post('/echo', { config: { access: {} } }, ({ body }) => body)
  app.delete('/me', { config: { access: {} } }, (_request, reply) => reply.code(204).send())
  app.get('/bound', { config: { access: { bound: true } } }, requirePrincipal)
  app.put('/me', { config: { access: {} } }, () => fail(409, { code: 'frozen' }))
}

const definition = defineServer({ routes: [routes], claims: ['https://example.com/roles'] })

const TENANT = {
  roles: { admin: ['read:all'] },
  personas: [
    { name: 'ada', email: 'ada@example.com', roles: ['admin'], organizations: [] },
    { name: 'mia', organizations: ['org_acme'] },
    { name: 'gus', email: 'gus@example.com', roles: [], organizations: ['org_globex'] },
  ],
  organizations: [{ id: 'org_acme' }, { id: 'org_globex', known: false }],
}

test('a caller without credentials reaches public routes only', async (t) => {
  const server = await testServer(definition)
  t.teardown(() => server.close())
  t.match(await server.request('GET', '/open'), { status: 200, body: { message: 'open' } })
  const { status, headers, body } = await server.request<Body>('GET', '/me')
  t.equal(status, 401)
  t.match(headers['www-authenticate'], /^Bearer realm="api"/)
  t.strictSame(body, { message: 'Requires authentication' })
})

test('a caller has the members that the test gives', async (t) => {
  const server = await testServer(definition)
  t.teardown(() => server.close())
  t.match((await server.request('GET', '/me', { as: {} })).body, { subject: 'test|user' })
  const as = {
    subject: 'test|1',
    permissions: ['a', 'b'],
    scopes: ['x', 'y'],
    organization: 'org_acme',
    client: 'app',
    email: 'one@example.com',
    claims: { 'https://example.com/roles': ['owner'], act: { sub: 'support' } },
  }
  const { claims, ...same } = as
  t.match((await server.request('GET', '/me', { as })).body, {
    ...same,
    issuer: 'https://tenant.test/',
    actor: 'support',
    claims: { 'https://example.com/roles': ['owner'] },
  })
  t.equal((await server.request('GET', '/admin', { as })).status, 403)
  t.equal(
    (await server.request('GET', '/admin', { as: { permissions: ['read:all'] } })).status,
    200,
  )
})

test('tokens are verified as in production', async (t) => {
  const server = await testServer(definition)
  t.teardown(() => server.close())
  const other = await testServer(definition)
  t.teardown(() => other.close())
  for (const token of [
    await server.tokenFor({ claims: { exp: 1 } }),
    await server.tokenFor({ claims: { iss: 'https://other.test/' } }),
    await server.tokenFor({ organization: 'org_unknown' }),
    await other.tokenFor({}),
    'no-token',
  ]) {
    t.equal((await server.request('GET', '/me', { token })).status, 401)
  }
  const refusals = server.log.flatMap(({ refusal }) => refusal ?? [])
  t.equal(refusals[0], 'token_expired')
})

test('a persona has the permissions of its roles, and its first organization', async (t) => {
  const server = await testServer(definition, { tenant: TENANT })
  t.teardown(() => server.close())
  t.match((await server.request('GET', '/admin', { as: 'ada' })).body, {
    subject: 'local|ada',
    permissions: ['read:all'],
  })
  t.match((await server.request('GET', '/me', { as: 'mia' })).body, {
    permissions: [],
    organization: 'org_acme',
  })
  t.equal((await server.request('GET', '/me', { as: 'gus' })).status, 401)
  await t.rejects(async () => server.tokenFor('nobody'), /Available: ada, mia, gus\./)
  const without = await testServer(definition)
  t.teardown(() => without.close())
  await t.rejects(async () => without.tokenFor('ada'), /Available: none, without a tenant\./)
})

test('the data of a tenant is checked', async (t) => {
  const personas = [{ name: 'ada', roles: ['king'] }]
  const start = testServer(definition, { tenant: { personas } })
  await t.rejects(start, /Invalid tenant of the test server: ada has the undefined role king\./)
})

test('bodies and headers are sent and parsed', async (t) => {
  const server = await testServer(definition)
  t.teardown(() => server.close())
  const as = {}
  t.match(await server.request('POST', '/echo', { as, body: { a: 1 } }), { body: { a: 1 } })
  const headers = { 'content-type': 'application/json' }
  t.match(await server.request('POST', '/echo', { as, body: '{', headers }), { status: 400 })
  t.match(await server.request('DELETE', '/me', { as }), { status: 204, body: '' })
  const frozen = { message: 'Conflict', code: 'frozen' }
  t.match(await server.request('PUT', '/me', { as }), { status: 409, body: frozen })
})

test('requirePrincipal on a route without one is an error of the server that names the route', async (t) => {
  const server = await testServer(definition)
  t.teardown(() => server.close())
  t.equal((await server.request('GET', '/wrong')).status, 500)
  t.match(JSON.stringify(server.log), 'the access policy of GET /wrong does not require a token')
})

test('resources start with the test server, and stop when it closes', async (t) => {
  const calls: string[] = []
  const store: Resource = {
    name: 'store',
    start: () => void calls.push('start'),
    stop: () => void calls.push('stop'),
  }
  const server = await testServer({ ...definition, resources: [store] })
  await server.close()
  t.strictSame(calls, ['start', 'stop'])
  const broken: Resource = {
    name: 'broken',
    start() {
      throw new Error('no disk')
    },
  }
  await t.rejects(testServer({ ...definition, resources: [store, broken] }), /no disk/)
  t.strictSame(calls, ['start', 'stop', 'start', 'stop'])
})

test('a caller has a token that is bound to a key, and a proof for each call', async (t) => {
  for (const environment of [{}, { PUBLIC_URL: 'https://api.test/v1' }]) {
    const server = await testServer(definition, { environment, tenant: TENANT })
    t.teardown(() => server.close())
    for (const as of ['ada', { subject: 'test|1', claims: { azp: 'app' } }]) {
      const { status, body } = await server.request('GET', '/bound?x=1', { as, bound: true })
      t.equal(status, 200)
      t.match(body, { confirmation: { jkt: String } })
      t.match(await server.request('GET', '/bound', { as }), { status: 401 })
    }
    t.equal(server.log.at(-1)?.['refusal'], 'bound_token_required')
    t.match(await server.request('GET', '/bound', { bound: true }), { status: 401 })
    const headers = { host: 'api.other.test' }
    const elsewhere = { as: 'ada', bound: true, headers } as const
    t.match(await server.request('HEAD', '/bound', elsewhere), { status: 200 })
  }
})
