import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { main as connections } from '../../src/cli/connections.ts'
import { main as organizations } from '../../src/cli/organizations.ts'
import { main as provision } from '../../src/cli/provision.ts'
import { trustCertificate } from '../../src/config/tenant-port.ts'
import { api } from '../../src/local-tenant/directory/data.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { answer, recordingProxy, runManagementCommand } from '../support/management.ts'
import { managementSdk, managementToken } from '../support/manager.ts'
import { start } from '../support/process.ts'
import { startTenant, visitor } from '../support/visitor.ts'

async function tenant(t: Test) {
  const started = await startTenant(t)
  const environment = { AUTH0_DOMAIN: started.issuer }
  return {
    ...started,
    tenantLine: `Tenant: ${started.issuer} (a local tenant)\n`,
    connections: (args: string, input?: string) =>
      runManagementCommand(connections, args, environment, false, input),
    organizations: (args: string) => runManagementCommand(organizations, args, environment),
  }
}

test('with TENANT_HTTPS, the commands administer the local tenant', async (t) => {
  const { issuer, certificate } = await startTenant(t, { https: true })
  const { origin, port } = new URL(issuer)
  await trustCertificate(origin, String(certificate))
  const environment = { TENANT_HTTPS: 'true', TENANT_PORT: port }
  const { out, err } = await runManagementCommand(connections, 'list', environment)
  t.match(err, `Tenant: ${issuer} (a local tenant`)
  t.match(out, 'con_people')
})

test('connections: list, get, update', async (t) => {
  const { directory, connections, tenantLine } = await tenant(t)
  const { out } = await connections('list')
  t.match(out, /^ID +NAME +DISPLAY NAME +STRATEGY\ncon_people +Username/)
  t.match((await connections('list --strategy oauth2 --json')).json(), [{ id: 'con_calendar' }])

  const calendar = assertDefined(directory.connections.get('con_calendar'))
  calendar.settings = {
    options: { client_id: 'public', client_secret: 'hidden-1', deep: [{ api_key: 'hidden-2' }] },
  }
  const read = await connections('get con_calendar')
  t.match(read.out, /^display_name +Calendar$/m)
  t.match(read.out, '"client_id":"public","client_secret":"(hidden)"')
  t.notMatch(read.out, 'hidden-')
  t.match((await connections('get con_calendar --json')).json(), { id: 'con_calendar' })

  const shown = await connections('update con_calendar --display-name Agenda')
  t.equal(
    shown.out,
    'display_name: Calendar → Agenda\nNothing was changed. Add --apply to apply the changes.\n',
  )
  t.equal(calendar.displayName, 'Calendar')
  const secret = '{"client_secret":"hidden-3"}'
  const flags =
    '--show-as-button true --domain-connection false --realm calendar --realm agenda --metadata team=one'
  const changed = await connections(
    `update con_calendar --display-name Agenda ${flags} --options-file - --apply`,
    secret,
  )
  t.equal(changed.err, `${tenantLine}✓ Update connection con_calendar\n`)
  t.match(
    changed.out,
    /realms: \["calendar"\] → \["calendar","agenda"\]\n(?:.*\n)*show_as_button: \(not set\) → true\nmetadata.team: \(not set\) → one\n/,
  )
  t.match(changed.out, 'options.client_secret: (hidden) → (hidden)')
  t.notMatch(changed.out, 'hidden-')
  t.match(calendar, {
    displayName: 'Agenda',
    settings: {
      realms: ['calendar', 'agenda'],
      options: { client_id: 'public', client_secret: 'hidden-3' },
    },
  })
  const updated = await connections('update con_calendar --show-as-button false --json --apply')
  t.match(updated.json(), { applied: true, differences: [{ field: 'show_as_button', to: false }] })
  const again = 'update con_calendar --display-name Agenda --apply'
  t.equal((await connections(again)).out, 'Nothing to change.\n')
  t.strictSame((await connections(`${again} --json`)).json(), {
    id: 'con_calendar',
    differences: [],
    applied: false,
  })
})

test('connections: what is shown is what happens', async (t) => {
  const { directory, connections } = await tenant(t)
  const calendar = assertDefined(directory.connections.get('con_calendar'))
  const rules = [{ from: 'a' }, { from: 'b' }]
  calendar.settings = {
    realms: ['one', 'two', 'three'],
    options: {
      rules,
      scopes: ['a', 'b', 'c'],
      old: 'gone',
      plain: 'text',
      credentials: { user: 'hidden-1' },
      kept: { deep: true },
    },
  }
  const options = {
    rules: [{ from: 'b', to: 'c' }],
    scopes: ['c', 'a'],
    old: null,
    plain: { now: { an: 'object' }, absent: null },
    credentials: { user: 'hidden-2' },
    added: {},
  }
  const file = join(t.testdir(), 'options.json')
  writeFileSync(file, JSON.stringify(options))
  const args = `update con_calendar --realm three --realm one --options-file ${file}`
  const lines = [
    'realms: ["one","two","three"] → ["three","one"]',
    'options.rules: [{"from":"a"},{"from":"b"}] → [{"from":"b","to":"c"}]',
    'options.scopes: ["a","b","c"] → ["c","a"]',
    'options.old: gone → (not set)',
    'options.plain: text → {"now":{"an":"object"}}',
    'options.credentials.user: (hidden) → (hidden)',
    'options.added: (not set) → {}',
  ]
  const shown = await connections(args)
  t.strictSame(shown.out.split('\n').slice(0, -2).sort(), [...lines].sort())
  t.strictSame(calendar.settings['realms'], ['one', 'two', 'three'])
  t.equal((await connections(`${args} --apply`)).problem, undefined)
  t.strictSame(calendar.settings, {
    realms: ['three', 'one'],
    options: {
      rules: [{ from: 'b', to: 'c' }],
      scopes: ['c', 'a'],
      plain: { now: { an: 'object' } },
      credentials: { user: 'hidden-2' },
      kept: { deep: true },
      added: {},
    },
  })
  t.equal((await connections(`${args} --apply`)).out, 'Nothing to change.\n')
})

test('connections: a secret is not taken from the arguments', async (t) => {
  const { directory, connections } = await tenant(t)
  const nested = '{"deep":[{"api_key":"hidden-1"}]}'
  const refused = await connections(`update con_calendar --options ${nested} --apply`)
  t.match(refused.problem, /^--options has a member whose name suggests a secret\./)
  t.notMatch(JSON.stringify(refused), 'hidden-1')
  for (const name of ['smtp_pass', 'DB_PASS', 'pass_phrase', 'passphrase', 'passwd']) {
    const { problem } = await connections(`update con_calendar --options {"${name}":"hidden-1"}`)
    t.match(problem, /suggests a secret/, name)
  }
  t.equal(directory.connections.get('con_calendar')?.settings, undefined)
  const plain = '--options {"scope":["a"],"with_secret":true}'
  t.equal((await connections(`update con_calendar ${plain} --apply`)).problem, undefined)
})

test('connections: invalid arguments', async (t) => {
  const { connections } = await tenant(t)
  const cases: [string, RegExp][] = [
    ['', /^Missing subcommand\.$/],
    ['list con_people', /^Unexpected argument "con_people"\.$/],
    ['get con_people con_calendar', /^Unexpected argument "con_calendar"\.$/],
    ['update con_people', /^Nothing to change is given\.$/],
    ['update con_people --name other', /cannot be changed\. Use --display-name to change/],
    ['update con_people --show-as-button yes', /^--show-as-button must be true or false\.$/],
    ['update con_people --metadata team', /^--metadata must be name=value\.$/],
    ['update con_people --options []', /^The options must be a JSON object\.$/],
    ['update con_people --options {', /^The options must be a JSON object\.$/],
    ['update con_people --options-file nowhere', /^Cannot read nowhere \(ENOENT\)\.$/],
    ['update con_people --options-file - --options {}', /exclude each other/],
    ['list --nonsense', /^Unknown option --nonsense\.$/],
    ['list --apply', /^Unknown option --apply\.$/],
    ['update con_nobody --display-name Me --apply', /^The tenant returned HTTP 404/],
  ]
  for (const [args, problem] of cases) t.match((await connections(args)).problem, problem, args)
})

test('a failed update', async (t) => {
  const { issuer } = await startTenant(t)
  const { origin } = await recordingProxy(t, issuer, ({ method }, response) => {
    if (method !== 'PATCH') return false
    response.writeHead(409).end()
    return true
  })
  const environment = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: await managementToken(issuer) }
  const args = 'update con_people --display-name Folk --apply'
  const { err, problem } = await runManagementCommand(connections, args, environment)
  t.equal(err, `Tenant: ${origin}/ (a local tenant)\n✗ Update connection con_people: failed\n`)
  t.equal(problem, 'The tenant returned HTTP 409: no message')
})

test('organizations: a user who accepts an invitation becomes a member', async (t) => {
  const { issuer, directory, organizations, tenantLine } = await tenant(t)
  t.match((await organizations('list')).out, /^org_acme +acme +Acme$/m)
  t.match((await organizations('list --json')).json(), [{ name: 'acme' }, { name: 'globex' }])
  const { out, err } = await organizations('invite acme user@example.com --role admin --days 1')
  t.equal(err, `${tenantLine}✓ Invite user@example.com\n`)
  const [, link = ''] = /^user@example\.com {2}(\S+)\n$/.exec(out) ?? []
  const { origin, pathname, searchParams } = new URL(link)
  t.equal(`${origin}${pathname}`, 'http://localhost:6060/login')
  const { invitation, organization } = Object.fromEntries(searchParams)
  const request = { client_id: 'messages-web', redirect_uri: 'http://localhost:6060/callback' }
  const login = await visitor(issuer).logIn('user', { ...request, invitation, organization })
  t.ok(login.answer['code'])
  t.match(directory.personas.get('user'), { organizations: ['org_acme'], roles: ['admin'] })

  const several = await organizations('invite org_acme a@example.com b@example.com --json')
  t.match(several.json(), { invited: { length: 2 }, failed: [] })
  const web = assertDefined(directory.clients.get('messages-web'))
  delete web.initiateLoginUri
  const failed = await organizations('invite acme c@example.com --json')
  t.match(
    failed.problem,
    /^1 of 1 invitations failed\. c@example\.com: The tenant returned HTTP 400: A default/,
  )
  t.match(failed.json(), { invited: [], failed: [{ error: { code: 'invalid_request' } }] })
})

test('organizations: invitations are listed and revoked', async (t) => {
  const { issuer, directory, organizations, tenantLine } = await tenant(t)
  await organizations('invite acme user@example.com admin@example.com')
  const [uma, ada] = [...directory.invitations]
  const listed = await organizations('invitations acme')
  t.match(
    listed.out,
    /^ID +E-MAIL +INVITED BY +EXPIRES\nuinv_\w+ +user@example\.com +Messages +\d{4}-/,
  )
  t.notMatch(listed.out, String(uma?.ticket))
  const revoked = await organizations(`revoke org_acme ${uma?.id}`)
  t.equal(revoked.err, `${tenantLine}✓ Revoke ${uma?.id}\n`)
  const request = { client_id: 'messages-web', redirect_uri: 'http://localhost:6060/callback' }
  const used = { ...request, organization: 'org_acme', invitation: String(uma?.ticket) }
  t.match((await visitor(issuer).authorize(used)).answer, { error: 'invalid_request' })
  t.match((await organizations('invitations org_acme --json')).json(), [
    { id: ada?.id, email: 'admin@example.com' },
  ])
  t.match((await organizations(`revoke globex ${ada?.id}`)).problem, 'HTTP 404: The invitation')
  const rest = await organizations(`revoke acme ${ada?.id} --json`)
  t.strictSame(rest.json(), { revoked: [ada?.id] })
  t.strictSame((await organizations('invitations acme --json')).json(), [])
})

test('organizations: an invalid e-mail address is refused before any request', async (t) => {
  const { issuer, directory, organizations } = await tenant(t)
  for (const email of ['nobody', 'a@', 'a@b@c', '\u001b]0;x@example.com']) {
    const { problem } = await organizations(`invite acme good@example.com ${email}`)
    t.match(problem, /^Invalid e-mail address: /, email)
  }
  const sdk = managementSdk(issuer, await managementToken(issuer))
  const refused = sdk.organizations.invitations.create('org_acme', {
    inviter: { name: 'A' },
    invitee: { email: 'nobody' },
    client_id: 'messages-web',
  })
  await t.rejects(refused, /The e-mail address is invalid/)
  t.strictSame([...directory.invitations], [])
})

test('organizations: invalid arguments', async (t) => {
  const { organizations: run } = await tenant(t)
  const cases: [string, RegExp][] = [
    ['', /^Missing subcommand\.$/],
    ['list acme', /^Unexpected argument "acme"\.$/],
    ['invite acme', /^Missing argument: <e-mail>\.$/],
    ['invite acme a@example.com --days 31', /^--days must be a number up to 30\.$/],
    ['invite acme a@example.com --role nobody', /^There is no role nobody\.$/],
    ['invite nobody a@example.com', /^The tenant returned HTTP 404: No organization found/],
  ]
  for (const [args, problem] of cases) t.match((await run(args)).problem, problem, args)
  const far = { AUTH0_DOMAIN: 'tenant.test', AUTH0_MGMT_TOKEN: 'opaque' }
  const withoutClient = await runManagementCommand(organizations, 'invite acme a@example.com', far)
  t.match(withoutClient.problem, /^Missing --client \(or AUTH0_CLIENT_ID\)\.$/)
})

test('lists are read to their last page', async (t) => {
  const { issuer, directory, connections, organizations } = await tenant(t)
  const count = 250
  const may = [{ api: api.identifier, name: 'read:admin-messages' }]
  for (let i = 0; i < count; i++) {
    const name = `filler-${i}`
    directory.connections.add({
      id: `con_${i}`,
      name,
      displayName: name,
      strategy: 'oidc',
      scopes: [],
    })
    directory.organizations.add({
      id: `org_${i}`,
      name,
      displayName: name,
      known: false,
      enabled: [],
    })
    directory.roles.add({ id: `rol_${i}`, name, description: name, permissions: [...may] })
    directory.clients.add({ id: `client-${i}`, name, redirectUris: [], logoutUris: [] })
  }
  t.equal((await connections('list --json')).json().length, count + 2)
  t.equal((await organizations('list --json')).json().length, count + 2)
  const last = `filler-${count - 1}`
  const file = join(t.testdir(), 'tenant.yaml')
  writeFileSync(
    file,
    `api: { permissions: { 'read:admin-messages': Read } }
roles: { ${last}: { permissions: ['read:admin-messages'] } }
clients: { machine: { name: ${last} } }
organizations: { ${last}: { connections: [${last}] } }`,
  )
  const { json } = await runManagementCommand(provision, `--json --file ${file}`, {
    AUTH0_DOMAIN: issuer,
  })
  t.match(json().steps.slice(1), [
    { kind: 'role', action: 'unchanged' },
    { kind: 'permission', action: 'unchanged' },
    { kind: 'client', action: 'change' },
    { kind: 'grant', action: 'create' },
    { kind: 'organization', action: 'unchanged' },
    { kind: 'connection', action: 'create' },
  ])
})

test('ambiguous users and clients', async (t) => {
  const { issuer, directory } = await startTenant(t, { seed: 'empty' })
  const file = join(t.testdir(), 'tenant.yaml')
  const planned = async (text: string) => {
    writeFileSync(file, text)
    return (await runManagementCommand(provision, `--file ${file}`, { AUTH0_DOMAIN: issuer }))
      .problem
  }
  const withAdmin = 'roles: { admin: { users: [Twin@example.com] } }'
  t.equal(
    await planned(withAdmin),
    'No user of the tenant has the e-mail address twin@example.com. Users are not created: ask them to sign up.',
  )
  const { origin } = await recordingProxy(t, issuer, ({ url = '' }, response) => {
    const [user] = [{ user_id: 'auth0|1', email_verified: false }]
    return url.startsWith('/api/v2/users-by-email') && answer(response, 200, [user])
  })
  const token = await managementToken(issuer)
  t.match(
    (
      await runManagementCommand(provision, `--file ${file}`, {
        AUTH0_DOMAIN: origin,
        AUTH0_MGMT_TOKEN: token,
      })
    ).problem,
    'has not verified it',
  )
  t.match(await planned('api: ['), 'Invalid /')
  for (const name of ['one', 'two']) {
    const email = 'twin@example.com'
    directory.personas.add({ name, displayName: name, email, roles: [], organizations: [] })
    directory.clients.add({ id: name, name: 'Messages machine', redirectUris: [], logoutUris: [] })
  }
  t.equal(
    await planned(withAdmin),
    'Several users have the e-mail address twin@example.com (local|one, local|two).',
  )
  t.equal(
    await planned(''),
    'Several clients have the name Messages machine (one, two): rename all but one of them.',
  )
})

test('as programs', async (t) => {
  const { issuer } = await startTenant(t)
  for (const command of ['connections', 'organizations']) {
    const { exit, output } = start(t, 'cli/main.ts', { AUTH0_DOMAIN: issuer }, [command, 'list'])
    t.match(await exit, { code: 0 })
    t.match(output.stdout, /^ID +NAME/)
  }
})
