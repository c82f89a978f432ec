import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { readDescription } from '../../src/management/provisioning/description.ts'
import { serverVariables } from '../../src/management/provisioning/environment.ts'
import { mergePatch } from '../../src/management/provisioning/merge-patch.ts'
import { plan, scopesToApply } from '../../src/management/provisioning/plan.ts'
import { scopesToRead, type TenantState } from '../../src/management/provisioning/read-state.ts'

const EMPTY: TenantState = {
  api: undefined,
  roles: new Map(),
  clients: new Map(),
  grants: new Map(),
  organizations: new Map(),
  connections: new Map(),
  users: new Map(),
}

const describe = (text: string) => readDescription(text, 'tenant.yaml')

test('an empty description has all defaults', async (t) => {
  const description = describe('')
  t.match(description, {
    api: { identifier: 'https://hello-world.example.com', token_lifetime: 86_400 },
    roles: {},
    clients: { browser: { web_origins: ['http://localhost:4040'] }, machine: {} },
    organization_required: true,
  })
  t.strictSame(describe('{}'), description)
  t.notOk(scopesToRead(description).includes('read:users'))
  const steps = plan(description, EMPTY, true)
  t.ok(steps.every(({ action }) => action === 'create'))
})

test('the browser client may return to the API reference, also by tenant.yaml', async (t) => {
  const tenantYaml = readFileSync(join(import.meta.dirname, '../../tenant.yaml'), 'utf8')
  for (const { clients } of [describe(''), describe(tenantYaml)]) {
    t.strictSame(clients.browser?.callbacks, [
      'http://localhost:4040',
      'http://localhost:4040/callback',
      'http://localhost:6060/docs/',
    ])
  }
})

test('all problems of a description are reported at once', async (t) => {
  const problemsOf = (text: string) => {
    try {
      describe(text)
      return []
    } catch (error) {
      return (error as Error).message.split('\n').map((line) => line.trim())
    }
  }
  const wrong = `
api: { identifier: two words, token_lifetime: 0, colour: red }
roles: { admin: { users: [nobody] } }
clients: { web: { callbacks: [localhost] } }
organizations: { Acme: {} }
organization_required: maybe`
  t.strictSame(problemsOf(wrong), [
    'Invalid tenant.yaml:',
    'api: unknown colour',
    'api → identifier: invalid format',
    'api → token_lifetime: must be >= 1',
    'roles → admin → users → 0: invalid format',
    'clients → web → callbacks → 0: invalid format',
    'organizations: invalid format',
    'organizations: property name must be valid',
    'organization_required: must be boolean',
  ])
  t.match(problemsOf('- a'), ['Invalid tenant.yaml:', 'the document: must be object'])
  t.match(problemsOf('api: [\n')[0], 'Invalid tenant.yaml:')
  t.match(problemsOf('roles: { auditor: { permissions: [read:audits] } }'), [
    'Invalid tenant.yaml:',
    'roles → auditor: read:audits is not a permission of the API',
  ])
  t.match(problemsOf('clients: { web: { name: One }, machine: { name: One } }'), [
    'Invalid tenant.yaml:',
    'clients: two have the same name',
  ])
})

test('a merge patch adds and never removes', async (t) => {
  const current = {
    list: ['a', 'b'],
    scopes: [{ value: 'one', description: 'One' }, { value: 'two' }],
    nested: { kept: true, changed: 1 },
    same: 'same',
    old: 1,
  }
  const { changes, differences } = mergePatch(current, {
    list: ['b', 'c'],
    scopes: [{ value: 'two', description: 'Two' }],
    nested: { changed: 2 },
    same: 'same',
    absent: { inner: [1] },
    old: 2,
  })
  t.strictSame(changes, {
    list: ['a', 'b', 'c'],
    scopes: [
      { value: 'one', description: 'One' },
      { value: 'two', description: 'Two' },
    ],
    nested: { kept: true, changed: 2 },
    absent: { inner: [1] },
    old: 2,
  })
  t.strictSame(
    differences.map(({ field }) => field),
    ['list', 'scopes.two.description', 'nested.changed', 'absent.inner', 'old'],
  )
  t.strictSame(mergePatch(current, { nested: { kept: true } }).changes, {})
  const single = { backchannel_logout_urls: ['https://one.test'] }
  t.strictSame(mergePatch(single, { backchannel_logout_urls: ['https://two.test'] }).changes, {
    backchannel_logout_urls: ['https://two.test'],
  })
  t.strictSame(mergePatch(single, single).differences, [])
})

test('http URLs are left out if the tenant accepts https only', async (t) => {
  const described = describe('clients: { web: {} }')
  const fieldsAt = (allowHttp: boolean) => {
    const step = plan(described, EMPTY, allowHttp).find(({ kind }) => kind === 'client')
    return step?.kind === 'client' ? Object.keys(step.fields) : []
  }
  t.ok(fieldsAt(true).includes('initiate_login_uri') && fieldsAt(true).includes('oidc_logout'))
  t.notOk(fieldsAt(false).includes('initiate_login_uri') || fieldsAt(false).includes('oidc_logout'))
})

test('a client whose logins need an organization asks for one', async (t) => {
  const behaviorOf = (current?: 'no_prompt' | 'pre_login_prompt', required = true) => {
    const described = describe(
      `clients: { web: { name: Web } }\norganizations: { acme: {} }\norganization_required: ${required}`,
    )
    const client = {
      client_id: 'c',
      name: 'Web',
      ...(current && { organization_require_behavior: current }),
    }
    const clients = new Map([['Web', client]])
    const step = plan(described, { ...EMPTY, clients }, true).find(({ kind }) => kind === 'client')
    return step?.kind === 'client' ? step.fields : {}
  }
  t.match(behaviorOf(), {
    organization_usage: 'require',
    organization_require_behavior: 'post_login_prompt',
  })
  t.match(behaviorOf('no_prompt', false), {
    organization_usage: 'allow',
    organization_require_behavior: 'post_login_prompt',
  })
  t.notOk('organization_require_behavior' in behaviorOf('pre_login_prompt'), 'it works as well')
})

test('a client that cannot authenticate with its secret is changed', async (t) => {
  const changesOf = (token_endpoint_auth_method?: 'none' | 'client_secret_basic') => {
    const described = describe('clients: { web: { name: Web }, machine: { name: Machine } }')
    const current = (name: string) => ({
      client_id: name,
      name,
      ...(token_endpoint_auth_method && { token_endpoint_auth_method }),
    })
    const clients = new Map(['Web', 'Machine'].map((name) => [name, current(name)]))
    return plan(described, { ...EMPTY, clients }, true).flatMap((step) =>
      step.kind === 'client' ? [step.fields['token_endpoint_auth_method']] : [],
    )
  }
  t.strictSame(changesOf('none'), ['client_secret_post', 'client_secret_post'])
  t.strictSame(changesOf('client_secret_basic'), [undefined, undefined])
  t.strictSame(changesOf(), [undefined, undefined], 'authenticates with a private key')
})

test('the dialect of RFC 9068 stays, with permissions', async (t) => {
  const api = { id: 'api', identifier: 'a', token_dialect: 'rfc9068_profile' as const }
  const [step] = plan(describe('api: { identifier: a }'), { ...EMPTY, api }, true)
  t.match(step, { action: 'change', fields: { token_dialect: 'rfc9068_profile_authz' } })
})

test('partly existing clients, roles and organizations', async (t) => {
  const text = `
api: { permissions: { 'read:x': Read } }
roles: { admin: {}, auditor: { permissions: ['read:x'] } }
clients: { machine: { permissions: ['read:x'] } }
organizations: { acme: { display_name: Acme, connections: [People] }, plain: {} }`
  const state: TenantState = {
    ...EMPTY,
    roles: new Map([['auditor', { id: 'rol', permissions: ['other'] }]]),
    clients: new Map([['Messages machine', { client_id: 'm', name: 'Messages machine' }]]),
    organizations: new Map([['acme', { id: 'org', displayName: 'Old', connections: [] }]]),
    connections: new Map([['People', 'con']]),
  }
  const description = describe(text)
  const steps = plan(description, state, true).map(({ kind, action }) => `${kind} ${action}`)
  t.strictSame(steps, [
    'API create',
    'role create',
    'role unchanged',
    'permission create',
    'client change',
    'grant create',
    'organization change',
    'connection create',
    'organization create',
  ])
  t.strictSame(scopesToApply(plan(description, state, true)), [
    'create:resource_servers',
    'create:roles',
    'update:roles',
    'update:clients',
    'create:client_grants',
    'update:organizations',
    'create:organization_connections',
    'create:organizations',
  ])
  const grants = new Map([['m', { id: 'grant', scope: ['read:x'] }]])
  t.match(
    plan(description, { ...state, grants }, true).find(({ kind }) => kind === 'grant'),
    { action: 'unchanged', id: 'grant' },
  )
  t.throws(() => plan(description, { ...state, connections: new Map([['Other', 'o']]) }, true), {
    code: 'not_found',
    message: 'There is no connection People. Connections: Other.',
  })
})

test('the variables of a server', async (t) => {
  const ids = { roles: new Map(), clients: new Map(), organizations: new Map([['acme', 'org_1']]) }
  t.strictSame(serverVariables(describe('clients: {}'), ids, 'tenant.test', []), {
    AUTH0_DOMAIN: 'tenant.test',
    AUTH0_AUDIENCE: 'https://hello-world.example.com',
  })
  t.match(
    serverVariables(describe('organizations: { acme: {} }'), ids, 'tenant.test', [
      'http://localhost:4040',
    ]),
    {
      AUTH0_ORGANIZATIONS: 'org_1',
      ORGANIZATION_REQUIRED: undefined,
      CLIENT_ORIGIN_URL: 'http://localhost:4040',
    },
  )
})
