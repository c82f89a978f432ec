import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { main as provision } from '../../src/cli/provision.ts'
import { main as tenantCommand } from '../../src/cli/tenant.ts'
import { main as tokenCommand } from '../../src/cli/token.ts'
import { greeting } from '../../src/dev/greeting.ts'
import defaultData from '../../src/local-tenant/directory/data.ts'
import { setServerOrigin } from '../../src/local-tenant/directory/server-origin.ts'
import type { TenantData } from '../../src/tenant-data/tenant-data.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { runManagementCommand } from '../support/management.ts'
import { managementSdk, managementToken } from '../support/manager.ts'
import { startTenant, visitor } from '../support/visitor.ts'

const DESCRIPTION = join(import.meta.dirname, '../../tenant.yaml')

/** A tenant that can be restarted with other data, and the commands for it. */
async function changeable(t: Test, data: TenantData = defaultData, directory = t.testdir()) {
  const tenant = await startTenant(t, { data, directory, dataFile: 'data.ts' })
  const environment = { TENANT_PORT: new URL(tenant.issuer).port }
  const sdk = managementSdk(tenant.issuer, await managementToken(tenant.issuer))
  return {
    ...tenant,
    sdk,
    file: join(directory, 'directory.json'),
    tenantCommand: (args: string) => runManagementCommand(tenantCommand, args, environment),
    token: (persona: string) => runManagementCommand(tokenCommand, persona, environment),
    provision: () =>
      runManagementCommand(provision, `--apply --file ${DESCRIPTION}`, {
        AUTH0_DOMAIN: tenant.issuer,
      }),
    async restarted(next: TenantData = data) {
      await tenant.app.close()
      return changeable(t, next, directory)
    },
  }
}

const statusAt = async (issuer: string, redirect_uri: string) =>
  (await visitor(issuer).authorize({ client_id: 'messages-web', redirect_uri })).status

test('the rule of a client survives provisioning and a restart', async (t) => {
  const tenant = await changeable(t)
  t.equal((await tenant.provision()).problem, undefined)
  const web = await tenant.sdk.clients.get('messages-web')
  t.strictSame(web.callbacks, ['http://localhost:6060/callback'], 'the rule is not shown')
  const logoutAt = (issuer: string, returnTo: string) =>
    visitor(issuer).visit(`/v2/logout?client_id=messages-web&returnTo=${returnTo}`)
  for (const start of [async () => tenant, () => tenant.restarted()]) {
    const { issuer } = await start()
    t.equal(await statusAt(issuer, 'http://127.0.0.1:7000/callback'), 200)
    t.equal(await statusAt(issuer, 'http://127.0.0.1:7000/other'), 400)
    t.match(await logoutAt(issuer, 'http://localhost:7000/'), { to: 'http://localhost:7000/' })
  }
})

test('a rule cannot be set through the Management API', async (t) => {
  const { sdk } = await changeable(t)
  await t.rejects(
    sdk.clients.update('messages-spa', { callbacks: ['loopback'] }),
    /must match pattern/,
  )
})

test('edits of the data take effect beside the changes', async (t) => {
  const tenant = await changeable(t)
  const { sdk, provision } = tenant
  await provision()
  await sdk.clients.update('messages-web', { callbacks: ['https://one.example'] })
  await sdk.clients.update('messages-web-hs256', { jwt_configuration: { alg: 'RS256' } })
  await sdk.users.roles.assign('local|acme-member', { roles: ['rol_admin'] })
  await sdk.users.roles.assign('local|globex-member', { roles: ['rol_admin'] })
  await sdk.resourceServers.update('api_messages', { token_lifetime: 60 })
  const { id: created } = await sdk.roles.create({ name: 'created' })

  const next = await tenant.restarted({
    ...defaultData,
    api: { ...defaultData.api, name: 'Renamed', tokenLifetime: 120 },
    roles: { admin: ['read:admin-messages', 'write:messages'], editor: [] },
    personas: [
      { name: 'acme-member', email: 'mia@example.com', roles: ['editor'] },
      { name: 'admin', roles: ['admin'] },
    ],
  })
  const { directory, restarted } = next
  t.match(directory.personas.get('acme-member'), {
    email: 'mia@example.com',
    roles: ['editor', 'admin'],
    organizations: [],
  })
  t.equal(directory.personas.get('globex-member'), undefined, 'no longer in the data')
  const api = assertDefined(directory.resourceServers.get('api_messages'))
  t.match(api, { name: 'Renamed', token_lifetime: 60 }, 'a field that both change is as changed')
  t.strictSame(api.scopes, [
    { value: 'write:messages' },
    { value: 'read:admin-messages', description: 'Read the message for admins' },
  ])
  t.ok(directory.roles.get(String(created)))
  t.equal(directory.clients.get('messages-web-hs256')?.idTokenAlgorithm, undefined)
  t.strictSame(directory.clients.get('messages-web')?.redirectUris, [
    'loopback/callback',
    'loopback/api/auth/callback',
    'https://one.example',
  ])
  // The data says now what the change said.
  const { tenantCommand } = await restarted({
    ...defaultData,
    api: { ...defaultData.api, tokenLifetime: 60 },
  })
  t.notMatch((await tenantCommand('changes')).out, 'token_lifetime')
})

test('changes are listed and undone', async (t) => {
  const tenant = await changeable(t)
  const { sdk, issuer, file, tenantCommand, directory } = tenant
  t.equal((await tenantCommand('changes')).out, 'Nothing overrides data.ts.\n')
  const text = () =>
    greeting({ apiUrl: 'http://api', tenant, routes: new Map(), unused: [], scripts: ['tenant'] })
  t.notMatch(text(), 'override')

  const { id } = await sdk.roles.create({ name: 'created' })
  await sdk.clients.update('messages-web', { initiate_login_uri: 'http://localhost:7000/login' })
  await sdk.clients.update('messages-web', { name: 'Renamed', description: 'not shown' })
  const changes = `  roles ${id}: new\n  clients messages-web: initiateLoginUri, name, settings\n`
  t.equal(
    (await tenantCommand('changes')).out,
    `These changes are in ${file} and override data.ts:\n${changes}`,
  )
  t.match(text(), /Changes that override this file: 2\n/)
  t.match(text(), /TENANT_PORT=\d+ npm run --silent tenant -- changes\n/)

  const uma = visitor(issuer)
  await uma.logIn('user')
  const signedUp = visitor(issuer)
  const { html } = await signedUp.authorize({ screen_hint: 'signup' })
  const transaction = /name="transaction" value="([^"]+)"/.exec(html)?.[1]
  await signedUp.post('/signup', { transaction, email: 'new@example.com' })
  t.ok(directory.personas.get('new@example.com'))

  const { out } = await tenantCommand('reset')
  t.equal(out, `The local tenant is as in data.ts. Changes undone: 2.\n${changes}`)
  t.match(directory.clients.get('messages-web'), { name: 'Messages on the server' })
  t.notOk('settings' in assertDefined(directory.clients.get('messages-web')))
  t.equal(directory.roles.get(String(id)), undefined)
  t.ok((await uma.authorize({ prompt: 'none' })).answer['code'], 'still logged in')
  t.match((await signedUp.authorize({ prompt: 'none' })).answer, { error: 'login_required' })
  const stored = Object.values(JSON.parse(readFileSync(file, 'utf8'))).flat()
  t.strictSame(stored, [])
  t.equal((await tenantCommand('changes')).out, 'Nothing overrides data.ts.\n')
  const response = await fetch(`${issuer}local-tenant/reset`, { method: 'POST' })
  t.equal(response.status, 415, 'from another site')
})

test('the origin of the server is not a change', async (t) => {
  const tenant = await changeable(t)
  setServerOrigin(tenant.directory, 'http://localhost:7000')
  await tenant.sdk.clients.update('messages-web', { name: 'Renamed' })
  const changed = await tenant.tenantCommand('changes')
  t.match(changed.out, /clients messages-web: name, settings\n/)
  const { directory } = await tenant.restarted()
  setServerOrigin(directory, 'http://localhost:8000')
  t.match(directory.clients.get('messages-web'), {
    name: 'Renamed',
    initiateLoginUri: 'http://localhost:8000/login',
    backchannelLogoutUri: 'http://localhost:8000/backchannel-logout',
  })
})

test('a file of an earlier version is not ignored', async (t) => {
  const directory = t.testdir()
  writeFileSync(join(directory, 'directory.json'), '{"roles":[{"id":"rol_old","name":"old"}]}')
  await t.rejects(startTenant(t, { directory }), /Delete .*directory\.json to start with new ones/)
})
