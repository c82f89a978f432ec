import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { main as faultCommand } from '../../src/cli/tenant.ts'
import { api } from '../../src/local-tenant/directory/data.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { runCommand } from '../support/command.ts'
import { all, managementSdk, managementToken } from '../support/manager.ts'
import { requestToken, startTenant } from '../support/visitor.ts'

async function managed(t: Test, directory = t.testdir()) {
  const tenant = await startTenant(t, { directory })
  const token = await managementToken(tenant.issuer)
  return { ...tenant, token, sdk: managementSdk(tenant.issuer, token) }
}

/** The error that the SDK throws. */
async function errorOf(call: () => PromiseLike<unknown>) {
  const error = (await call().then(
    () => new Error('The call succeeded.'),
    (error: unknown) => error,
  )) as { statusCode?: number; body?: Record<string, unknown>; constructor: { name: string } }
  const { message, errorCode, error: phrase, statusCode } = error.body ?? {}
  return {
    kind: error.constructor.name,
    status: error.statusCode,
    statusCode,
    phrase,
    message,
    errorCode,
  }
}

test('authentication and authorization: 401 and 403 in Auth0’s format', async (t) => {
  const { issuer, sdk, token, directory } = await managed(t)
  const shape = { kind: 'UnauthorizedError', status: 401, statusCode: 401, phrase: 'Unauthorized' }
  const { body } = await requestToken(issuer, {
    grant_type: 'urn:local-tenant:grant-type:persona',
    persona: 'admin',
  })
  for (const bad of [String(body['access_token']), 'junk', `${token}x`]) {
    const { message, ...rest } = await errorOf(() => managementSdk(issuer, bad).roles.list())
    t.match([message, rest], ['Invalid token', shape])
  }
  const { now } = Date
  Date.now = () => now() - 48 * 60 * 60 * 1000
  const old = await managementToken(issuer)
  Date.now = now
  t.match(await errorOf(() => managementSdk(issuer, old).roles.list()), {
    message: /^Expired token/,
    status: 401,
  })
  const bare = await fetch(`${issuer}api/v2/roles`)
  t.match([bare.status, await bare.json()], [401, { message: 'Missing authentication' }])

  assertDefined(directory.clientGrants.get('cgr_management')).scope = ['read:roles']
  const reader = managementSdk(issuer, await managementToken(issuer))
  t.ok(await reader.roles.list())
  t.strictSame(await errorOf(() => reader.roles.create({ name: 'x' })), {
    kind: 'ForbiddenError',
    status: 403,
    statusCode: 403,
    phrase: 'Forbidden',
    message: 'Insufficient scope, expected any of: create:roles',
    errorCode: 'insufficient_scope',
  })
  t.equal((await all(sdk.roles.list())).length, 1, 'nothing was created')

  const ask = (client_id: string, audience: string) =>
    requestToken(issuer, {
      grant_type: 'client_credentials',
      client_id,
      client_secret: `${client_id}-secret`,
      audience,
    })
  const denied = { status: 403, body: { error: 'access_denied' } }
  t.match(await ask('messages-machine', `${issuer}api/v2/`), denied)
  t.match(await ask('local-management', api.identifier), denied)
})

test('unknown resources: 404', async (t) => {
  const { issuer, sdk, token } = await managed(t)
  const { roles, users, clients, clientGrants, organizations, connections, resourceServers } = sdk
  const permissions = (resource_server_identifier: string, permission_name: string) =>
    roles.permissions.add('rol_admin', {
      permissions: [{ resource_server_identifier, permission_name }],
    })
  const invitation = { inviter: { name: 'A' }, invitee: { email: 'a@example.com' } }
  const calls: [code: string, call: () => PromiseLike<unknown>][] = [
    ['inexistent_resource_server', () => resourceServers.get('none')],
    ['inexistent_resource_server', () => resourceServers.update('none', {})],
    ['inexistent_resource_server', () => permissions('none', 'x')],
    ['inexistent_permission', () => permissions(api.identifier, 'none')],
    ['inexistent_role', () => roles.get('none')],
    ['inexistent_role', () => users.roles.assign('local|user', { roles: ['none'] })],
    ['inexistent_user', () => users.get('auth0|none')],
    ['inexistent_user', () => roles.users.assign('rol_admin', { users: ['local|none'] })],
    ['inexistent_user', () => organizations.members.create('org_acme', { members: ['none'] })],
    ['inexistent_client', () => clients.get('none')],
    ['inexistent_client', () => clients.update('none', {})],
    [
      'inexistent_client',
      () => clientGrants.create({ client_id: 'none', audience: api.identifier }),
    ],
    [
      'inexistent_resource_server',
      () => clientGrants.create({ client_id: 'messages-web', audience: 'none' }),
    ],
    ['inexistent_client_grant', () => clientGrants.update('none', { scope: [] })],
    ['inexistent_organization', () => organizations.get('acme')],
    ['inexistent_organization', () => organizations.getByName('none')],
    [
      'inexistent_connection',
      () => organizations.enabledConnections.add('org_acme', { connection_id: 'none' }),
    ],
    [
      'inexistent_connection',
      () => organizations.create({ name: 'new', enabled_connections: [{ connection_id: 'none' }] }),
    ],
    [
      'inexistent_client',
      () => organizations.invitations.create('org_acme', { ...invitation, client_id: 'none' }),
    ],
    ['inexistent_connection', () => connections.get('none')],
    ['inexistent_connection', () => connections.update('none', {})],
  ]
  for (const [errorCode, call] of calls) {
    const shape = { status: 404, statusCode: 404, phrase: 'Not Found', message: String, errorCode }
    t.match(await errorOf(call), shape, errorCode)
  }
  t.strictSame(await sdk.users.listUsersByEmail({ email: 'none@example.com' }), [])
  const headers = { authorization: `Bearer ${token}` }
  const unknown = await fetch(`${issuer}api/v2/actions`, { headers })
  t.match([unknown.status, await unknown.json()], [404, { statusCode: 404, error: 'Not Found' }])
})

test('conflicts: 409', async (t) => {
  const { sdk } = await managed(t)
  const calls = [
    () => sdk.resourceServers.create({ identifier: api.identifier }),
    () => sdk.roles.create({ name: 'admin' }),
    () => sdk.clientGrants.create({ client_id: 'messages-machine', audience: api.identifier }),
    () => sdk.organizations.create({ name: 'acme' }),
    () => sdk.organizations.enabledConnections.add('org_acme', { connection_id: 'con_people' }),
  ]
  for (const call of calls) {
    t.match(await errorOf(call), { kind: 'ConflictError', statusCode: 409, phrase: 'Conflict' })
  }
})

test('invalid requests: 400 with the invalid property', async (t) => {
  const { issuer, sdk, token } = await managed(t)
  const { roles, clients, organizations, connections, resourceServers, clientGrants } = sdk
  const renamed = { name: 'new', display_name: 'New' }
  const invitation = { inviter: { name: 'A' }, invitee: { email: 'a@example.com' } }
  const calls: [message: RegExp, call: () => PromiseLike<unknown>][] = [
    [/Missing required property: name/, () => roles.create({} as never)],
    [/must be string on property name/, () => roles.create({ name: 5 } as never)],
    [/Additional properties not allowed: name/, () => connections.update('con_calendar', renamed)],
    [
      /Additional properties not allowed: calbacks/,
      () => clients.create({ name: 'x', calbacks: [] } as never),
    ],
    [/on property callbacks.0/, () => clients.create({ name: 'x', callbacks: [''] })],
    [
      /on property callbacks'/,
      () => clients.create({ name: 'x', callbacks: ['http://localhost/', 'JavaScript:alert(1)'] }),
    ],
    [/on property callbacks.0'/, () => clients.update('messages-spa', { callbacks: ['x'] })],
    [
      /on property initiate_login_uri'/,
      () => clients.update('messages-web', { initiate_login_uri: 'https://[' }),
    ],
    [
      /cannot have the scheme of a script or a file on property callbacks'/,
      () => clients.update('messages-spa', { callbacks: ['app://x', 'data:text/html,x'] }),
    ],
    [
      /http\(s\) URLs of this machine or of ALLOWED_HOSTS on property initiate_login_uri'/,
      () => clients.update('messages-spa', { initiate_login_uri: 'java\nscript://localhost/' }),
    ],
    [
      /property allowed_logout_urls'/,
      () => clients.update('messages-spa', { allowed_logout_urls: ['https://evil.test/'] }),
    ],
    ...['http://192.168.1.1/', 'file://localhost/etc', 'nothing'].map(
      (url): [RegExp, () => PromiseLike<unknown>] => [
        /property oidc_logout.backchannel_logout_urls(.0)?'/,
        () => clients.update('messages-web', { oidc_logout: { backchannel_logout_urls: [url] } }),
      ],
    ),
    [/must match pattern .* on property name/, () => organizations.create({ name: 'org_x' })],
    [
      /property token_lifetime/,
      () => resourceServers.update(api.identifier, { token_lifetime: 0 }),
    ],
    [
      /property signing_alg/,
      () => resourceServers.create({ identifier: 'x', signing_alg: 'HS256' }),
    ],
    [/must be object/, () => roles.create([] as never)],
    [
      /not allowed by the API: none/,
      () => clientGrants.update('cgr_messages-machine', { scope: ['none'] }),
    ],
    [
      /default login route is required/,
      () =>
        organizations.invitations.create('org_acme', { ...invitation, client_id: 'messages-spa' }),
    ],
  ]
  for (const [message, call] of calls) {
    t.match(await errorOf(call), { kind: 'BadRequestError', statusCode: 400, message })
  }
  const queries = [
    () => roles.list({ per_page: 101 }),
    () => organizations.list({ take: 0 }),
    () => organizations.list({ from: 'nowhere' }),
  ]
  for (const call of queries) {
    t.match(await errorOf(call), { status: 400, errorCode: 'invalid_query_string' })
  }
  const response = await fetch(`${issuer}api/v2/roles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{',
  })
  t.match([response.status, await response.json()], [400, { errorCode: 'invalid_body' }])
})

test('paging, by offset and by checkpoint', async (t) => {
  const { issuer, sdk, token } = await managed(t)
  const names = Array.from({ length: 7 }, (_, index) => `role-${index}`)
  for (const name of names) await sdk.roles.create({ name })
  for (const name of names) await sdk.organizations.create({ name })
  const roles = await all(sdk.roles.list({ per_page: 3 }))
  t.strictSame(roles.map(({ name }) => name).slice(1), names)
  const organizations = await all(sdk.organizations.list({ take: 3 }))
  t.strictSame(organizations.map(({ name }) => name).slice(2), names)

  const ask = async (path: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${issuer}api/v2/${path}`, { headers })).json()
  }
  t.match(await ask('roles?page=2&per_page=3&include_totals=true'), {
    start: 6,
    limit: 3,
    total: 8,
    roles: [{ name: 'role-5' }, { name: 'role-6' }],
  })
  t.match(await ask('roles?per_page=1'), [{ name: 'admin' }], 'an array without totals')
  t.match(await ask('organizations?page=1&per_page=2'), [{ name: 'role-0' }, { name: 'role-1' }])
  const first = (await ask('organizations?take=8')) as { next: string }
  t.match(await ask(`organizations?take=8&from=${first.next}`), {
    organizations: [{ name: 'role-6' }],
    next: undefined,
  })
})

test('the rate limit: headers on every response, exceeded on request', async (t) => {
  const { issuer, token } = await managed(t)
  const headers = { authorization: `Bearer ${token}` }
  const ask = () => fetch(`${issuer}api/v2/roles`, { headers })
  t.equal((await ask()).headers.get('x-ratelimit-remaining'), '49')

  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const began = Date.now()
  await runCommand(faultCommand, ['rate-limit', '4s'], sources)
  const limited = await ask()
  t.match(await limited.json(), { statusCode: 429, errorCode: 'too_many_requests' })
  t.equal(limited.headers.get('x-ratelimit-remaining'), '0')
  t.ok(Number(limited.headers.get('x-ratelimit-reset')) > Date.now() / 1000)
  t.match(await errorOf(() => managementSdk(issuer, token).roles.list()), {
    kind: 'TooManyRequestsError',
  })
  t.ok(await managementSdk(issuer, token, 2).roles.list(), 'the SDK waits until the reset')
  t.ok(Date.now() - began >= 3000)

  const fault = (body: object) =>
    fetch(`${issuer}local-tenant/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await fault({ fault: 'rate-limit', seconds: 3600, headers: false })
  const silent = await ask()
  t.strictSame([silent.status, silent.headers.get('x-ratelimit-reset')], [429, null])
  await fault({ fault: 'up' })
  t.equal((await ask()).status, 200)
  await fault({ fault: 'down' })
  t.match(await errorOf(() => managementSdk(issuer, token).roles.list()), {
    status: 503,
    statusCode: 503,
  })
})

test('the file with changes is readable by its owner only, and written atomically', async (t) => {
  const directory = join(t.testdir(), 'state')
  const { app, sdk } = await managed(t, directory)
  const file = join(directory, 'directory.json')
  await all(sdk.roles.list())
  t.notOk(existsSync(file), 'reading changes nothing')
  const names = Array.from({ length: 20 }, (_, index) => `role-${index}`)
  await Promise.all(names.map((name) => sdk.roles.create({ name })))
  t.equal(statSync(file).mode & 0o777, 0o600)
  const { roles, clients } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object[]>
  t.strictSame([roles?.length, clients], [20, []], 'only what was changed')
  await app.close()
  writeFileSync(file, 'broken')
  await t.rejects(managed(t, directory), /Delete .*directory\.json to start with new ones/)
})

test('a change that cannot be saved is an error', async (t) => {
  const directory = join(t.testdir(), 'state')
  const { sdk, issuer, token } = await managed(t, directory)
  const { name } = await sdk.roles.create({ name: 'first' })
  t.equal(name, 'first')
  const { stringify } = JSON
  JSON.stringify = ((value: { roles?: unknown }, ...rest: []) => {
    if (value?.roles !== undefined) throw new Error('inside')
    return stringify(value, ...rest)
  }) as typeof JSON.stringify
  t.teardown(() => Object.assign(JSON, { stringify }))
  const failed = await errorOf(() => sdk.roles.create({ name: 'second' }))
  JSON.stringify = stringify
  t.match(failed, { status: 500, message: 'The local tenant failed.' })
  t.ok(await managementSdk(issuer, token).roles.create({ name: 'third' }), 'and it goes on')
})
