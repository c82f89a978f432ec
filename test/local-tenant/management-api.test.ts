import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import type { LocalTenantOptions } from '../../src/local-tenant/local-tenant.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { all, managementSdk, managementToken } from '../support/manager.ts'
import { requestBound } from '../support/tokens/bound-tokens.ts'
import { REQUEST, redemption, requestToken, startTenant, visitor } from '../support/visitor.ts'

/** A tenant and the SDK against it; with a directory to start on, what is left there. */
async function managed(t: Test, options: Partial<LocalTenantOptions> = {}) {
  const directory = options.directory ?? t.testdir()
  const tenant = await startTenant(t, { ...options, directory })
  const sdk = managementSdk(tenant.issuer, await managementToken(tenant.issuer))
  const restarted = async () => {
    await tenant.app.close()
    return managed(t, { ...options, directory })
  }
  return { ...tenant, sdk, restarted }
}

const person = (issuer: string, persona: string) =>
  requestToken(issuer, { grant_type: 'urn:local-tenant:grant-type:persona', persona })

const READ = 'read:admin-messages'

test('from an empty tenant to the token of an admin', async (t) => {
  const { issuer, sdk, restarted } = await managed(t, { seed: 'empty' })
  t.match(await person(issuer, 'admin'), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await all(sdk.resourceServers.list()), [{ is_system: true }])
  for (const list of [sdk.roles.list(), sdk.organizations.list()]) {
    t.strictSame(await all<object>(list), [])
  }
  t.match(await all(sdk.connections.list()), [{ strategy: 'auth0' }])
  t.match(await all(sdk.clients.list()), [{ client_id: 'local-management' }])

  const server = await sdk.resourceServers.create({
    identifier: api.identifier,
    name: 'Messages',
    scopes: [{ value: READ, description: 'Read admin messages' }],
  })
  t.match(server, {
    token_lifetime: 86_400,
    enforce_policies: false,
    token_dialect: 'access_token',
  })
  const role = await sdk.roles.create({ name: 'admin' })
  const permission = { resource_server_identifier: api.identifier, permission_name: READ }
  await sdk.roles.permissions.add(assertDefined(role.id), { permissions: [permission, permission] })
  await sdk.roles.permissions.add(assertDefined(role.id), { permissions: [permission] })
  t.strictSame(await all(sdk.roles.permissions.list(assertDefined(role.id))), [
    { ...permission, resource_server_name: 'Messages', description: 'Read admin messages' },
  ])
  const [user] = await sdk.users.listUsersByEmail({ email: 'ADMIN@example.com' })
  await sdk.roles.users.assign(assertDefined(role.id), { users: [assertDefined(user?.user_id)] })
  t.match(await all(sdk.users.roles.list(assertDefined(user?.user_id))), [{ name: 'admin' }])

  const login = ['authorization_code', 'refresh_token']
  const spa = await sdk.clients.create({
    name: 'SPA',
    app_type: 'spa',
    callbacks: ['http://localhost:4040'],
    token_endpoint_auth_method: 'none',
    grant_types: login,
  })
  t.match(spa, {
    callbacks: ['http://localhost:4040'],
    grant_types: login,
    client_secret: undefined,
  })
  const tokens = async (host: string) => {
    const { client_id } = spa
    const { answer } = await visitor(host).logIn('admin', { client_id })
    const request = { ...redemption(answer['code']), client_id }
    const { body } = await requestToken(host, request)
    return { ...body, claims: decodeJwt(String(body['access_token'])) }
  }
  const before = await tokens(issuer)
  t.notOk('permissions' in before.claims, 'RBAC is off')
  t.notOk('refresh_token' in before, 'and so is offline access')
  t.equal(before['scope' as never], 'openid profile email')

  const rbac = { enforce_policies: true, token_dialect: 'access_token' as const }
  await sdk.resourceServers.update(assertDefined(server.id), rbac)
  t.notOk('permissions' in (await tokens(issuer)).claims, 'RBAC without its token switch')
  const changed = await sdk.resourceServers.update(api.identifier, {
    token_dialect: 'access_token_authz',
    token_lifetime: 3600,
    allow_offline_access: true,
  })
  t.match(changed, { token_lifetime: 3600, token_lifetime_for_web: 3600 })

  const { issuer: later } = await restarted()
  const { claims, ...after } = await tokens(later)
  t.match(after, { expires_in: 3600, refresh_token: String })
  t.strictSame(claims['permissions'], [READ])
  t.equal(Number(claims.exp) - Number(claims.iat), 3600)
  t.strictSame(
    decodeJwt(String((await person(later, 'user')).body['access_token']))['permissions'],
    [],
  )
})

test('bound tokens (DPoP) are configured at the API and at the client', async (t) => {
  const { sdk, restarted } = await managed(t)
  const [messages] = await all(sdk.resourceServers.list({ identifiers: [api.identifier] }))
  t.strictSame(messages?.proof_of_possession, { mechanism: 'dpop', required: false })
  const policy = { mechanism: 'dpop', required: true, required_for: 'public_clients' } as const
  const id = assertDefined(messages?.id)
  t.match(await sdk.resourceServers.update(id, { proof_of_possession: policy }), {
    proof_of_possession: policy,
  })
  const identifier = 'https://other.test'
  const created = await sdk.resourceServers.create({ identifier, proof_of_possession: policy })
  t.strictSame(created.proof_of_possession, policy)
  const none = { proof_of_possession: null }
  t.match(await sdk.resourceServers.update(assertDefined(created.id), none), none)
  const mtls = { mechanism: 'mtls', required: true } as const
  await t.rejects(
    sdk.resourceServers.update(id, { proof_of_possession: mtls }),
    /proof_of_possession.mechanism/,
  )

  t.match(await sdk.clients.get('messages-spa'), { require_proof_of_possession: false })
  const strict = { require_proof_of_possession: true }
  t.match(await sdk.clients.update('messages-spa', strict), strict)
  t.match(await sdk.clients.create({ name: 'New', ...strict }), strict)

  const later = await restarted()
  t.match(await later.sdk.clients.get('messages-spa'), strict)
  t.strictSame((await later.sdk.resourceServers.get(id)).proof_of_possession, policy)
  const person = { grant_type: 'urn:local-tenant:grant-type:persona', persona: 'user' }
  t.match(await requestToken(later.issuer, person), { body: { error: 'invalid_request' } })
  const { body } = await requestBound(later.issuer, person)
  t.equal(body['token_type'], 'DPoP')
})

test('resource servers: list, get, create, update, persist', async (t) => {
  const { issuer, sdk, restarted } = await managed(t)
  const [system, messages] = await all(sdk.resourceServers.list())
  t.match(system, { identifier: `${issuer}api/v2/`, is_system: true })
  t.match(messages, { identifier: api.identifier, scopes: [{ value: READ }] })
  const found = await all(sdk.resourceServers.list({ identifiers: [api.identifier] }))
  t.equal(found.length, 1)
  t.match(await sdk.resourceServers.get(api.identifier), { id: messages?.id })
  const other = await sdk.resourceServers.create({ identifier: 'https://other.test' })
  t.match(other, { name: 'https://other.test', scopes: [] })
  await sdk.resourceServers.update(assertDefined(messages?.id), { name: 'Renamed' })
  const later = await restarted()
  t.match(await later.sdk.resourceServers.get(assertDefined(messages?.id)), { name: 'Renamed' })
  t.match(await later.sdk.resourceServers.get(assertDefined(other.id)), {
    identifier: 'https://other.test',
  })
})

test('roles: an assigned role takes effect immediately and survives a restart', async (t) => {
  const { issuer, sdk, restarted } = await managed(t)
  const [admin] = await all(sdk.roles.list({ name_filter: 'ADM' }))
  t.match(await sdk.roles.get(assertDefined(admin?.id)), { name: 'admin' })
  t.equal((await all(sdk.roles.users.list(assertDefined(admin?.id)))).length, 2)
  const permissions = async (host: string) => {
    const { body } = await person(host, 'user')
    return decodeJwt(String(body['access_token']))['permissions']
  }
  t.strictSame(await permissions(issuer), [])
  await sdk.users.roles.assign('local|user', { roles: [assertDefined(admin?.id)] })
  t.strictSame(await permissions(issuer), [READ])
  const later = await restarted()
  t.strictSame(await permissions(later.issuer), [READ])
  t.match(await all(later.sdk.roles.users.list(assertDefined(admin?.id), { take: 1 })), {
    length: 3,
  })
  t.match(await later.sdk.users.get('local|user', { fields: 'email' }), {
    email: 'user@example.com',
    user_id: undefined,
  })
})

test('clients and their grants', async (t) => {
  const { issuer, sdk, restarted } = await managed(t)
  const machine = await sdk.clients.create({ name: 'Machine', app_type: 'non_interactive' })
  t.match(machine, { client_secret: /^[\w-]{64}$/, grant_types: ['client_credentials'] })
  const ask = (host: string) =>
    requestToken(host, {
      grant_type: 'client_credentials',
      client_id: machine.client_id,
      client_secret: machine.client_secret,
      audience: api.identifier,
    })
  t.match(await ask(issuer), { status: 403, body: { error: 'access_denied' } }, 'no grant yet')
  const grant = await sdk.clientGrants.create({
    client_id: assertDefined(machine.client_id),
    audience: api.identifier,
    scope: [],
  })
  await sdk.clientGrants.update(assertDefined(grant.id), { scope: [READ] })
  const later = await restarted()
  const { body } = await ask(later.issuer)
  t.match(decodeJwt(String(body['access_token'])), { scope: READ, permissions: [READ] })
  const ofMachine = { client_id: assertDefined(machine.client_id), audience: api.identifier }
  t.match(await all(later.sdk.clientGrants.list(ofMachine)), [{ id: grant.id, scope: [READ] }])
  const grants = await all(later.sdk.clientGrants.list())
  t.match(grants[0], { client_id: 'local-management', audience: `${later.issuer}api/v2/` })
  await later.sdk.clientGrants.update('cgr_management', { scope: ['read:clients'] })
  const { sdk: reader } = await later.restarted()
  const some = await all(reader.clients.list({ app_type: 'non_interactive', fields: 'name' }))
  t.strictSame(some, [{ name: 'Machine' }])
  t.notOk('client_secret' in (await reader.clients.get('messages-web')), 'not without its scope')
})

test('changes of a client take effect in its logins', async (t) => {
  const { issuer, sdk, directory } = await managed(t)
  const id = 'messages-web'
  t.match(await sdk.clients.get(id), {
    client_secret: 'messages-web-secret',
    callbacks: [],
    initiate_login_uri: 'http://localhost:6060/login',
    jwt_configuration: { alg: 'RS256' },
  })
  const redirect = { client_id: id, redirect_uri: 'http://localhost:6060/callback' }
  t.ok((await visitor(issuer).logIn('user', redirect)).answer['code'])
  const changed = await sdk.clients.update(id, {
    description: 'remembered',
    callbacks: ['https://app.example/callback'],
    allowed_logout_urls: ['http://localhost:7070/'],
    jwt_configuration: { alg: 'HS256' },
    oidc_logout: { backchannel_logout_urls: ['http://localhost:7070/logout'] },
    initiate_login_uri: 'http://localhost:7070/login',
    token_endpoint_auth_method: 'client_secret_basic',
  })
  t.match(changed, { description: 'remembered', jwt_configuration: { alg: 'HS256' } })
  t.match(directory.clients.get(id), {
    redirectUris: [
      'loopback/callback',
      'loopback/api/auth/callback',
      'https://app.example/callback',
    ],
    logoutUris: ['loopback/', 'http://localhost:7070/'],
    idTokenAlgorithm: 'HS256',
    backchannelLogoutUri: 'http://localhost:7070/logout',
    initiateLoginUri: 'http://localhost:7070/login',
    secret: 'messages-web-secret',
  })
  for (const redirect_uri of [redirect.redirect_uri, 'https://app.example/callback']) {
    t.equal((await visitor(issuer).authorize({ ...redirect, redirect_uri })).status, 200)
  }
  await sdk.clients.update(id, { callbacks: [] })
  const removed = { ...redirect, redirect_uri: 'https://app.example/callback' }
  t.equal((await visitor(issuer).authorize(removed)).status, 400)
  await sdk.clients.update(id, {
    jwt_configuration: { alg: 'RS256' },
    oidc_logout: {},
    initiate_login_uri: '',
    token_endpoint_auth_method: 'none',
    name: 'Renamed',
  })
  const { name, secret, idTokenAlgorithm, backchannelLogoutUri, initiateLoginUri } = assertDefined(
    directory.clients.get(id),
  )
  t.strictSame(
    [name, secret, idTokenAlgorithm, backchannelLogoutUri, initiateLoginUri],
    ['Renamed', undefined, undefined, undefined, undefined],
  )
})

test('organizations: connections, members, invitations', async (t) => {
  const { issuer, sdk, restarted } = await managed(t)
  const { organizations } = sdk
  t.match(await organizations.getByName('acme'), { id: 'org_acme', display_name: 'Acme' })
  t.match(await organizations.get('org_acme'), { name: 'acme' })
  const { id: created } = await organizations.create({ name: 'initech' })
  const id = assertDefined(created)
  await organizations.update(id, { display_name: 'Initech' })
  t.match(await organizations.update(id, {}), { name: 'initech', display_name: 'Initech' })
  const logIn = (host: string, persona: string, invitation?: string) =>
    visitor(host).logIn(persona, { organization: id, invitation })
  t.match((await logIn(issuer, 'user')).answer, { error_description: /no connections enabled/ })
  const enabled = await organizations.enabledConnections.add(id, { connection_id: 'con_people' })
  t.match(enabled, { connection: { strategy: 'auth0' }, assign_membership_on_login: false })
  t.match(await all(organizations.enabledConnections.list(id)), [{ connection_id: 'con_people' }])
  t.match((await logIn(issuer, 'user')).answer, { error: 'access_denied' })
  await organizations.members.create(id, { members: ['local|user'] })
  t.ok((await logIn(issuer, 'user')).answer['code'])

  const everybody = await organizations.create({
    name: 'everybody',
    enabled_connections: [{ connection_id: 'con_people', assign_membership_on_login: true }],
  })
  const joining = { organization: assertDefined(everybody.id) }
  t.ok((await visitor(issuer).logIn('admin', joining)).answer['code'], 'a member by login')

  const spa = REQUEST.client_id
  const initiate_login_uri = 'http://localhost:4040/login'
  await sdk.clients.update(spa, { initiate_login_uri })
  const [role] = await all(sdk.roles.list())
  const invite = (email: string) =>
    organizations.invitations.create(id, {
      inviter: { name: 'Bill' },
      invitee: { email },
      client_id: spa,
      ttl_sec: 600,
      roles: [assertDefined(role?.id)],
    })
  const invitation = await invite('member@acme.example.com')
  t.match(
    invitation.invitation_url,
    /^http:\/\/localhost:4040\/login\?invitation=.*&organization=org_/,
  )
  await invite('member@globex.example.com')
  t.match(await all(organizations.invitations.list(id)), [{ ...invitation, roles: [role?.id] }, {}])

  const later = await restarted()
  const { answer } = await logIn(later.issuer, 'acme-member', assertDefined(invitation.ticket_id))
  t.ok(answer['code'], 'an invitation outlives a restart')
  const last = await later.restarted()
  const members = await all(last.sdk.organizations.members.list(id))
  t.strictSame(
    members.map(({ user_id }) => user_id),
    ['local|user', 'local|acme-member'],
  )
  const { body } = await person(last.issuer, 'acme-member')
  t.strictSame(decodeJwt(String(body['access_token']))['permissions'], [READ], 'with its role')
  t.equal((await all(last.sdk.organizations.invitations.list(id))).length, 1, 'the other one')
})

test('connections: all but the name can change', async (t) => {
  const { sdk, restarted } = await managed(t)
  const [calendar] = await all(sdk.connections.list({ strategy: ['oauth2'] }))
  t.match(calendar, { id: 'con_calendar', name: 'calendar', display_name: 'Calendar' })
  t.match(await all(sdk.connections.list({ name: 'calendar' })), [{ id: 'con_calendar' }])
  await sdk.connections.update('con_calendar', { display_name: 'Agenda', show_as_button: true })
  const later = await restarted()
  t.match(await later.sdk.connections.get('con_calendar'), {
    name: 'calendar',
    display_name: 'Agenda',
    show_as_button: true,
  })
  t.match(
    await later.sdk.connections.get('con_calendar', { fields: 'id', include_fields: false }),
    {
      id: undefined,
      name: 'calendar',
    },
  )
})
