import { spawnSync } from 'node:child_process'
import { type Test, test } from 'tap'
import type { AccessPolicy } from '../../src/access/policy.ts'
import { PROVIDER_NAMES, type ProviderName } from '../../src/config/issuer/providers.ts'
import { type GreetingOptions, greeting } from '../../src/dev/greeting.ts'
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

interface Greeted {
  readonly data?: TenantData
  readonly https?: boolean
  readonly provider?: ProviderName
  readonly options?: Partial<GreetingOptions>
}

async function greet(t: Test, routes: Record<string, AccessPolicy>, greeted: Greeted = {}) {
  const { data = DATA, https = false, provider = 'auth0', options } = greeted
  const tenant = await startTenant(t, { data, https, provider, dataFile: 'local-tenant.json' })
  const text = greeting({
    apiUrl: 'http://localhost:1',
    tenant,
    routes: new Map(Object.entries(routes)),
    unused: [],
    scripts: [],
    ...options,
  })
  return { text, port: new URL(tenant.issuer).port }
}

/** The commands that the greeting suggests, each on one line. */
function commandsOf(text: string, port: string): string[] {
  const [, steps = ''] = text.replaceAll(/ \\\n +/g, ' ').split('Next, in another terminal\n')
  return steps
    .replaceAll(`TENANT_PORT=${port} npx messages-api `, '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

test('an organization is named only if the tokens of the provider have it', async (t) => {
  const withOrganizations = ['auth0', 'keycloak', 'zitadel']
  for (const provider of PROVIDER_NAMES) {
    const routes = { '/write': { permissions: ['write:notes'] } }
    const { text, port } = await greet(t, routes, { provider })
    const isNamed = withOrganizations.includes(provider)
    t.equal(text.includes('member of red (not accepted)'), isNamed, provider)
    t.equal(text.includes('member of blue'), isNamed)
    const persona = isNamed ? 'eve' : 'out'
    t.equal(commandsOf(text, port)[0], `TOKEN=$(token ${persona})`)
  }
  const routes = { '/blue': { organizations: ['blue'] } }
  const { text, port } = await greet(t, routes, { provider: 'keycloak' })
  t.equal(commandsOf(text, port)[0], 'TOKEN=$(token eve)', 'Keycloak has the name, not the id')
})

test('the route that the fewest personas may call is suggested, with one who may', async (t) => {
  const { text, port } = await greet(t, {
    '/any': {},
    '/none': { organizations: ['org_red'] },
    '/scope': { scopes: ['write:all'] },
    '/bound': { bound: true },
    '/notes/:id': { permissions: ['write:notes'] },
    'POST /notes': { permissions: ['write:notes'] },
    '/public': 'public',
    '/blue': { organizations: ['org_blue'] },
    '/write': { permissions: ['write:notes'] },
  })
  t.strictSame(commandsOf(text, port), [
    'curl http://localhost:1/public',
    'TOKEN=$(token eve)',
    'curl -H "Authorization: Bearer $TOKEN" http://localhost:1/blue',
    'echo "$TOKEN" | explain',
    'tenant status',
  ])
})

test('where only bound tokens are accepted, call sends them', async (t) => {
  const routes = { '/any': {}, '/public': 'public' } as const
  const { text, port } = await greet(t, routes, { options: { requiresBoundTokens: true } })
  t.strictSame(commandsOf(text, port), [
    'curl http://localhost:1/public',
    'call /any --as eve --dpop',
    'tenant status',
  ])
})

test('otherwise the first one that needs a token; one where it is optional needs none', async (t) => {
  const data = { ...DATA, personas: [{ name: 'bob' }] }
  const { text, port } = await greet(t, { '/any': {}, '/optional': { optional: true } }, { data })
  t.strictSame(commandsOf(text, port).slice(0, 3), [
    'curl http://localhost:1/optional',
    'TOKEN=$(token bob)',
    'curl -H "Authorization: Bearer $TOKEN" http://localhost:1/any',
  ])
})

test('without routes to call, a token is suggested still', async (t) => {
  const { text, port } = await greet(t, { 'POST /notes': {}, [`/${'long'.repeat(20)}`]: {} })
  t.strictSame(commandsOf(text, port), [
    'TOKEN=$(token out)',
    'echo "$TOKEN" | explain',
    'tenant status',
  ])
  t.match(text, /dora +no permissions, e-mail not verified, login denied\n/)
  t.notMatch(text, /Browser login|API reference|Not used/)
})

test('commands get the variables that lead to the tenant', async (t) => {
  const { text, port } = await greet(t, {}, { https: true, options: { scripts: ['explain'] } })
  const [line = ''] = text.split('\n').filter((line) => line.includes('npm run --silent explain'))
  t.match(line, `TENANT_HTTPS=true TENANT_PORT=${port} npm run --silent explain`)
  t.match(text, /echo "\$TOKEN" \|/, 'standard input, so that no token is in the history')
  t.match(text, '(console: Explain, Keys and faults)')
  t.match(text, `TENANT_PORT=${port} npx messages-api tenant status\n`, 'it is not a script')
})

test('it fits 24 lines of 80 columns, whatever the routes and personas are', async (t) => {
  const long = 'a-name-that-is-rather-long-for-a-persona'
  const data: TenantData = {
    ...DATA,
    api: { identifier: `https://${'identifier.'.repeat(9)}example` },
    roles: { editor: Array.from({ length: 9 }, (_, index) => `write:everything-${index}`) },
    personas: Array.from({ length: 12 }, (_, index) => ({
      name: `${long}-${index}`,
      roles: ['editor'],
    })),
  }
  const routes = {
    [`/${'p'.repeat(49)}`]: 'public',
    [`/${'q'.repeat(49)}`]: { permissions: ['write:everything-1'] },
  } as const
  const options = {
    unused: ['A', 'B', 'C', 'D'].map((name) => name.repeat(30)),
    hasBrowserLogin: true,
    hasApiReference: true,
    scripts: ['token', 'explain', 'tenant'],
  }
  const { text } = await greet(t, routes, { data, https: true, options })
  const lines = text.split('\n')
  t.ok(lines.length <= 24, `${lines.length} lines`)
  t.strictSame(
    lines.filter((line) => line.length > 80),
    [],
  )
  t.match(text, /Not used +A+ and 3 others: the local/)
  t.match(text, 'and 8 others: see the console\n')
  const [, steps = ''] = text.split('Next, in another terminal\n')
  const checked = spawnSync('sh', ['-n'], { input: steps, encoding: 'utf8' })
  t.strictSame([checked.status, checked.stderr], [0, ''], 'a shell reads the commands')
  const few = await greet(t, {}, { options: { ...options, unused: ['A', 'B'] } })
  t.match(few.text, 'Not used       A, B: the local tenant sets them\n')
  t.match(few.text, 'Browser login  http://localhost:1/\n')
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
  const local = apiEnvironment(tenant)
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
