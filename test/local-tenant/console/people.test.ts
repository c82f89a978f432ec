import { type Test, test } from 'tap'
import { PERSONA_GRANT } from '../../../src/local-tenant/protocol/grant-types.ts'
import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { development } from '../../support/development.ts'
import { ADMIN } from '../../support/probe-routes.ts'
import { requestToken, startTenant } from '../../support/visitor.ts'
import { consoleForms, rowsOf, statusOf, textOf } from './forms.ts'

const PATH = '/console/people'
const PERMISSION = 'read:admin-messages'

async function start(t: Test) {
  const { tenant, api, localTenant } = await development(t)
  return {
    ...consoleForms(tenant),
    ...localTenant,
    /** The status of the admin route for a new token of a persona. */
    async admin(persona: string): Promise<number> {
      const { body } = await requestToken(tenant, { grant_type: PERSONA_GRANT, persona })
      const headers = { authorization: `Bearer ${body['access_token']}` }
      return (await fetch(`${api}${ADMIN}`, { headers })).status
    },
  }
}

test('who has which role, and where a permission comes from', async (t) => {
  const { get } = await start(t)
  const { html } = await get(PATH)
  const rows = rowsOf(html, /people/)
  t.match(rows[0], /Uma User user, user@example.com no organization .* no permission$/)
  t.match(rows[3], /Abe Admin .* Acme admin take away read:admin-messages from admin$/)
  t.match(rowsOf(html, /roles/), [
    /^admin read:admin-messages remove for \/probe\/admin .* Ada Admin, Abe Admin from the data file: delete it there$/,
  ])
  t.match(html, /Records that differ now: 0/)
  t.notMatch(html, /Undo all changes/)
})

test('a role is given and taken away, and counts for the next token', async (t) => {
  const { submit, post, get, admin, directory } = await start(t)
  t.equal(await admin('user'), 403)
  const form = { persona: 'user', role: 'rol_admin' }
  const given = await post(`${PATH}/give`, form)
  t.strictSame([given.status, given.location], [303, `${PATH}?done=role-given#persona-user`])
  t.equal(await admin('user'), 200)
  await submit(`${PATH}/give`, form)
  const { html } = await get(String(given.location))
  t.match(statusOf(html), /The role was given/)
  t.match(rowsOf(html, /people/)[0], /admin take away read:admin-messages from admin/)
  t.strictSame(directory.changes(), [{ collection: 'personas', key: 'user', fields: ['roles'] }])
  t.match(statusOf((await submit(`${PATH}/take`, form)).html), /taken away/)
  t.equal(await admin('user'), 403)
})

test('a role is made with permissions, and deleted', async (t) => {
  const { submit, get, admin, directory } = await start(t)
  const values = { name: ' Auditor ', [`permission ${PERMISSION}`]: 'on', other: 'read:audit' }
  const made = await submit(`${PATH}/roles`, values)
  t.match(statusOf(made.html), /The role was made/)
  t.match(
    rowsOf(made.html, /roles/)[1],
    /^Auditor read:admin-messages remove .* read:audit remove required by no route .* nobody made here Delete$/,
  )
  const role = String(directory.roles.find(({ name }) => name === 'Auditor')?.id)
  await submit(`${PATH}/give`, { persona: 'user', role })
  t.equal(await admin('user'), 200)
  const api = assertDefined(directory.resourceServers.find(() => true))
  t.strictSame(
    api.scopes.map(({ value }) => value),
    [PERMISSION, 'read:audit'],
  )

  const less = await submit(`${PATH}/permissions/remove`, { role, permission: PERMISSION })
  t.match(statusOf(less.html), /permission was removed/)
  t.equal(await admin('user'), 403)
  const gone = await submit(`${PATH}/permissions/remove`, { role, permission: PERMISSION })
  t.match(gone.html, /alert bad">The role does not have this permission/)
  const more = await submit(`${PATH}/permissions`, { role, permission: ` ${PERMISSION} ` })
  t.match(statusOf(more.html), /permission was added/)
  await submit(`${PATH}/permissions`, { role, permission: PERMISSION })
  t.equal(directory.roles.get(role)?.permissions.length, 2, 'nothing twice')
  t.equal(await admin('user'), 200)

  const { html } = await submit(`${PATH}/roles/remove`, { role })
  t.match(statusOf(html), /was deleted/)
  t.strictSame(directory.personas.get('user')?.roles, [])
  t.equal(await admin('user'), 403)
  t.match((await get(`${PATH}?done=constructor`)).html, /class="notice"><\/p>/)
})

test('what is refused', async (t) => {
  const { submit, post } = await start(t)
  const role = 'rol_admin'
  for (const [path, values, problem] of [
    ['/roles', { name: ' ' }, /1 to 50 characters/],
    ['/roles', { name: 'x'.repeat(51) }, /1 to 50 characters/],
    ['/roles', { name: 'admin' }, /already a role/],
    ['/roles', { name: 'x', other: 'two words' }, /one word/],
    ['/permissions', { role, permission: '"' }, /one word/],
  ] as const) {
    const { status, html } = await post(`${PATH}${path}`, values)
    t.equal(status, 400, path)
    t.match(statusOf(html), problem, path)
  }
  const seeded = await submit(`${PATH}/roles/remove`, { role })
  t.match(seeded.html, /in the data file/)
  for (const [path, values] of [
    ['/give', { persona: 'nobody', role }],
    ['/give', { persona: 'user', role: 'rol_nothing' }],
    ['/take', { persona: 'user' }],
    ['/permissions', { role }],
  ] as const) {
    t.equal((await post(`${PATH}${path}`, values)).status, 400, path)
  }
  for (const path of ['/give', '/take', '/undo', '/roles', '/roles/remove', '/permissions']) {
    t.equal(
      (await post(`${PATH}${path}`, { role, persona: 'user' }, {})).status,
      403,
      'another site',
    )
  }
})

test('a form that fails keeps what was typed, in its own place and not in the URL', async (t) => {
  const { post } = await start(t)
  const boxes = { [`permission ${PERMISSION}`]: 'on' }
  const role = await post(`${PATH}/roles`, { name: 'A "B"', other: 'two words', ...boxes })
  t.equal(role.location, null)
  t.match(role.html, 'name="name" required maxlength="50" autocomplete="off" value="A &#34;B&#34;"')
  t.match(role.html, 'placeholder="read:things" value="two words"')
  t.match(role.html, `name="permission ${PERMISSION}" checked>`)
  t.equal(role.html.match(/autofocus/g)?.length, 1)

  const made = await post(`${PATH}/permissions`, { role: 'rol_admin', permission: 'two words' })
  t.match(made.html, /value="two words" autofocus aria-invalid="true"><\/label>/)
  t.equal(made.html.match(/two words/g)?.length, 1, 'only in the form that failed')
  t.notMatch(made.html, ' checked>')
})

test('the columns and fields of roles say what they are', async (t) => {
  const { get, submit } = await start(t)
  t.match(
    (await get(PATH)).html,
    /Origin<\/th>.*Add a permission <span.*placeholder="read:things"/s,
  )
  const { html } = await submit(`${PATH}/roles`, { name: 'Auditor' })
  t.match(rowsOf(html, /roles/), [/from the data file: delete it there$/, /made here Delete$/])
})

test('changes are stored, and undone', async (t) => {
  const { submit, get, directory } = await start(t)
  await submit(`${PATH}/roles`, { name: 'Auditor' })
  await submit(`${PATH}/permissions/remove`, { role: 'rol_admin', permission: PERMISSION })
  const { html } = await get(PATH)
  t.match(
    textOf(html),
    /No role has a permission that a route requires.* read:admin-messages for \/probe\/admin/,
  )
  t.match(textOf(html), /Undo 2 changed records/)
  t.match(statusOf((await submit(`${PATH}/undo`, {})).html), /All changes were undone/)
  t.strictSame(directory.changes(), [])
  t.equal(
    directory.roles.find(({ name }) => name === 'Auditor'),
    undefined,
  )
  t.match(directory.roles.get('rol_admin')?.permissions, [{ name: PERMISSION }])
})

test('a role of a data file that is gone, and notes about people', async (t) => {
  const { get, directory } = await start(t)
  directory.personas.add({
    ...assertDefined(directory.personas.get('user')),
    ...{ name: 'odd', roles: ['gone'], organizations: ['org_gone'] },
    ...{ emailVerified: false, denied: 'blocked' },
  })
  const { html } = await get(PATH)
  t.match(
    rowsOf(html, /people/).at(-1),
    /e-mail not verified login denied org_gone gone no such role .* no permission$/,
  )
})

test('a new tenant without an API or roles', async (t) => {
  const directory = t.testdir()
  const { issuer } = await startTenant(t, { seed: 'empty', directory })
  const { get, post } = consoleForms(issuer)
  t.match((await get(PATH)).html, /The tenant has no API/)
  t.match(await post(`${PATH}/roles`, { name: 'x' }), { status: 400, html: /has no API/ })
})

test('changes outlast a restart, and an API without roles says what is next', async (t) => {
  const directory = t.testdir()
  const first = await startTenant(t, { directory })
  const { submit } = consoleForms(first.issuer)
  await submit(`${PATH}/roles`, { name: 'Auditor', other: 'read:audit' })
  await first.app.close()
  const second = await startTenant(t, { directory })
  t.match(rowsOf((await consoleForms(second.issuer).get(PATH)).html, /roles/)[1], /^Auditor/)
  for (const role of [...second.directory.roles]) second.directory.roles.remove(role)
  t.match((await consoleForms(second.issuer).get(PATH)).html, /There are no roles/)
  const organizations = await consoleForms(second.issuer).get('/console/organizations')
  t.match(organizations.html, 'E-mail address')
  t.notMatch(organizations.html, '<legend>Roles', 'no roles to invite with')
})
