import { type Test, test } from 'tap'
import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { startTenant } from '../../support/visitor.ts'
import { consoleForms, rowsOf, statusOf } from './forms.ts'

const PATH = '/console/organizations'
const INVITATION = { organization: 'org_acme', email: 'new@example.com', client: 'messages-web' }

async function start(t: Test, options: Parameters<typeof startTenant>[1] = {}) {
  const { issuer, directory } = await startTenant(t, options)
  return { ...consoleForms(issuer), directory }
}

test('members are shown, added and removed', async (t) => {
  const { get, submit, post, directory } = await start(t)
  const { html } = await get(PATH)
  t.match(rowsOf(html, /organizations/), [
    /^Acme org_acme known to the API Mia Member remove Abe Admin remove .* Uma User/,
    /^Globex org_globex unknown to the API Gus Globex remove/,
  ])
  t.match(html, /There are no invitations/)
  const form = { organization: 'org_acme', persona: 'user' }
  const added = await post(`${PATH}/add`, form)
  t.equal(added.location, `${PATH}?done=added#org_acme`)
  await submit(`${PATH}/add`, form)
  t.strictSame(directory.personas.get('user')?.organizations, ['org_acme'])
  t.match(directory.changes(), [{ collection: 'personas', key: 'user' }])
  const page = await submit(`${PATH}/remove`, form)
  t.match(statusOf(page.html), /The member was removed/)
  t.strictSame(directory.personas.get('user')?.organizations, [])
})

test('somebody is invited, and the invitation is revoked', async (t) => {
  const { submit, post, directory } = await start(t)
  const roles = { 'role admin': 'on', 'role nothing': 'on' }
  const { html } = await submit(`${PATH}/invite`, { ...INVITATION, ...roles })
  t.match(statusOf(html), /The invitation was created/)
  t.match(rowsOf(html, /invitations/), [
    /^new@example.com admin Acme open until .* UTC http:\/\/localhost:6060\/login\?invitation.* Revoke$/,
  ])
  const [{ id: invitation, roles: given } = { id: '', roles: [] }] = directory.invitations
  t.strictSame(given, ['admin'], 'only roles that exist')
  const wrong = { ...INVITATION, email: 'nobody', client: 'messages-web-hs256', 'role admin': 'on' }
  const bad = await post(`${PATH}/invite`, wrong)
  t.equal(bad.status, 400)
  t.match(bad.html, /alert bad">This is not an e-mail address/)
  t.match(bad.html, /value="nobody" autofocus aria-invalid="true">/, 'what was typed is kept')
  t.match(bad.html, /name="role admin" checked>/)
  t.equal(bad.html.match(/ checked>/g)?.length, 1, 'only in the form that failed')
  t.match(statusOf((await submit(`${PATH}/revoke`, { invitation })).html), /was revoked/)
  t.equal([...directory.invitations].length, 0)
  const again = await submit(`${PATH}/revoke`, { invitation })
  t.match(again.html, /alert bad">This invitation does not exist/)
})

test('invitations that are used or expired have no link', async (t) => {
  const { submit, get, directory } = await start(t)
  for (const email of ['a@example.com', 'b@example.com']) {
    await submit(`${PATH}/invite`, { ...INVITATION, email })
  }
  const [used, expired] = directory.invitations
  Object.assign(assertDefined(used), { used: true })
  Object.assign(assertDefined(expired), { expiresAt: Date.now() - 1, organization: 'org_gone' })
  t.match(rowsOf((await get(PATH)).html, /invitations/), [
    /^a@example.com Acme used until .* UTC$/,
    /^b@example.com org_gone expired until .* UTC$/,
  ])
})

test('what is refused', async (t) => {
  const { post } = await start(t)
  for (const [path, values] of [
    ['/add', { organization: 'org_nothing', persona: 'user' }],
    ['/add', { organization: 'org_acme', persona: 'nobody' }],
    ['/remove', { persona: 'user' }],
    ['/invite', { ...INVITATION, client: 'nothing' }],
    ['/revoke', {}],
  ] as const) {
    t.equal((await post(`${PATH}${path}`, values)).status, 400, path)
  }
  for (const path of ['/add', '/remove', '/invite', '/revoke']) {
    t.equal((await post(`${PATH}${path}`, INVITATION, {})).status, 403, 'from another site')
  }
})

test('what there is not, and what to do next', async (t) => {
  const empty = await start(t, { seed: 'empty' })
  t.match((await empty.get(PATH)).html, /There are no organizations/)
  const { get, directory } = await start(t)
  for (const persona of directory.personas) persona.organizations = ['org_acme']
  for (const client of directory.clients) delete client.initiateLoginUri
  t.match(rowsOf((await get(PATH)).html, /organizations/), [
    /everybody is a member No client has a URL where a login starts/,
    /^Globex .* no members/,
  ])
})
