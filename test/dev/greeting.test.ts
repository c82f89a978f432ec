import { type Test, test } from 'tap'
import type { AccessPolicy } from '../../src/access/policy.ts'
import { greeting } from '../../src/dev/greeting.ts'
import { startDevelopment } from '../../src/dev/start-development.ts'
import { apiEnvironment } from '../../src/local-tenant/controls/environment.ts'
import { developmentEnvironment } from '../../src/project/development.ts'
import { findProject } from '../../src/project/project.ts'
import type { TenantData } from '../../src/tenant-data/tenant-data.ts'
import { startTenant } from '../support/visitor.ts'

const DATA: TenantData = {
  api: { identifier: 'https://notes.example' },
  roles: { editor: ['write:notes'] },
  personas: [
    { name: 'out', roles: ['editor'], organizations: ['org_red'] },
    { name: 'eve', roles: ['editor'], organizations: ['org_blue'] },
    { name: 'bob' },
    { name: 'dora', emailVerified: false, denied: 'no' },
  ],
  organizations: [{ id: 'org_blue' }, { id: 'org_red', known: false }],
  clients: [{ id: 'app', redirectUris: 'loopback' }],
}

async function greet(
  t: Test,
  routes: Record<string, AccessPolicy>,
  hasBrowserLogin = false,
  unused: string[] = [],
) {
  const tenant = await startTenant(t, { data: DATA, dataFile: 'local-tenant.json' })
  return greeting({
    apiUrl: 'http://localhost:1',
    tenant,
    routes: new Map(Object.entries(routes)),
    unused,
    hasBrowserLogin,
    hasTokenScript: false,
  })
}

test('a call is suggested with the first persona that the route allows', async (t) => {
  const text = await greet(t, {
    '/public': 'public',
    '/optional': { optional: true },
    '/write': { permissions: ['write:notes'] },
    '/any': {},
    '/blue': { organizations: ['org_blue'] },
    '/none': { organizations: ['org_red'] },
    '/scope': { scopes: ['write:all'] },
    '/notes/:id': {},
    'POST /notes': {},
  })
  const calls = [...text.matchAll(/curl (?:.* (\w+)\)" )?http:\/\/localhost:1(.*)/g)]
  t.strictSame(
    calls.map(([, persona, path]) => [path, persona]),
    [
      ['/public', undefined],
      ['/optional', undefined],
      ['/write', 'eve'],
      ['/any', 'eve'],
      ['/blue', 'eve'],
    ],
  )
})

test('commands get the variables that lead to the tenant', async (t) => {
  const tenant = await startTenant(t, { data: DATA, https: true })
  const { port } = new URL(tenant.issuer)
  const apiUrl = 'http://localhost:1'
  const text = greeting({ apiUrl, tenant, routes: new Map(), unused: [], hasTokenScript: true })
  t.match(text, `Get a token: TENANT_HTTPS=true TENANT_PORT=${port} npm run --silent token --`)
})

test('without routes to call, the greeting suggests none', async (t) => {
  t.notMatch(await greet(t, { 'POST /notes': {} }), 'Try')
  t.match(await greet(t, {}), /dora +no permissions, e-mail not verified, login denied\n/)
  t.match(await greet(t, {}, true), 'Browser login  http://localhost:1/')
  t.match(await greet(t, {}, true, ['A', 'B']), 'Not used       A, B: the local tenant sets them')
})

test('the data of a tenant needs an API and a persona only', async (t) => {
  const data = { api: { identifier: 'https://notes.example' }, personas: [{ name: 'bob' }] }
  const { directory } = await startTenant(t, { data })
  t.match(directory.api('https://notes.example'), { name: 'https://notes.example', scopes: [] })
  t.strictSame([...directory.organizations, ...directory.roles], [])
  t.match(directory.personas.get('bob'), { displayName: 'bob', email: 'bob@example.com' })
  t.ok(directory.clients.get('messages-spa'))
})

test('a tenant without a client for it turns the browser login off', async (t) => {
  const tenant = await startTenant(t, { data: DATA })
  const own = { AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_SECRET: 'x', SESSION_SECRET: 'y', PORT: '1' }
  const local = apiEnvironment(tenant.issuer, tenant.directory)
  const variables = Object.assign({}, ...developmentEnvironment([own], local))
  t.match(variables, { AUTH0_AUDIENCE: 'https://notes.example', PORT: '1' })
  t.notMatch(Object.keys(variables).join(), /AUTH0_CLIENT|SESSION_SECRET/)
})

test('a project without data of its own has that of this repository', async (t) => {
  const directory = t.testdir({
    'package.json': '{"type":"module","messages-api":{"server":"server.js"}}',
    'server.js': 'export default { routes: [] }',
  })
  const sources = [{ PORT: '0', TENANT_PORT: '0', LOG_LEVEL: 'silent' }]
  const { tenant, server } = await startDevelopment(sources, directory, findProject(directory))
  t.equal(tenant.dataFile, 'src/local-tenant/directory/data.ts')
  t.ok(tenant.directory.personas.get('acme-admin'))
  await server.app.close()
  await tenant.app.close()
})
