import { test } from 'tap'
import { DATABASE_LOGIN } from '../../src/local-tenant/directory/defaults.ts'
import { createInvitation } from '../../src/local-tenant/directory/invitations.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { startTenant, visitor, WEB } from '../support/visitor.ts'

/** The names of the personas that the page suggests, and of the others. */
function namesOn(html: string): { suggested: string[]; others: string[] } {
  const [suggested = '', others = ''] = html.split('<details>')
  const names = (part: string) =>
    [...part.matchAll(/name="persona" value="([^"]+)"/g)].map(([, name]) => String(name))
  return { suggested: names(suggested), others: names(others) }
}

/** What the page says about a persona. */
function chipsOf(html: string, persona: string): string[] {
  const [, button = ''] = html.split(`value="${persona}"`)
  const [, text = ''] = /<span class="chips">(.*?)<\/button>/s.exec(button) ?? []
  return [...text.matchAll(/chip[^>]*>([^<]+)</g)].map(([, chip]) => String(chip))
}

const ACME = { organization: 'acme' }

test('roles, memberships and what is unusual about a persona', async (t) => {
  const { issuer, directory } = await startTenant(t)
  directory.personas.add({
    name: 'odd',
    displayName: 'Odd',
    email: 'odd@example.com',
    emailVerified: false,
    denied: 'Blocked.',
    roles: ['admin'],
    organizations: [],
  })
  const { html } = await visitor(issuer).authorize()
  t.strictSame(chipsOf(html, 'user'), [])
  t.strictSame(chipsOf(html, 'acme-admin'), ['Acme', 'admin'])
  t.strictSame(chipsOf(html, 'odd'), ['admin', 'e-mail not verified', 'login denied'])
  t.strictSame(namesOn(html).others, [])
})

test('for an organization, its members are suggested; others are below', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const { html } = await visitor(issuer).authorize(ACME)
  t.strictSame(namesOn(html), {
    suggested: ['acme-member', 'acme-admin'],
    others: ['user', 'admin', 'globex-member'],
  })
  t.strictSame(chipsOf(html, 'acme-member'), ['Acme'])
  t.strictSame(chipsOf(html, 'globex-member'), ['Globex'], 'not the one of the login')
  t.match(html, 'Others, who are not members (3)')

  const organization = assertDefined(directory.organizations.get('org_acme'))
  organization.enabled = DATABASE_LOGIN.map((login) => ({
    ...login,
    assign_membership_on_login: true,
  }))
  const open = await visitor(issuer).authorize(ACME)
  t.equal(namesOn(open.html).suggested.length, 5, 'anyone who logs in becomes a member')

  organization.enabled = []
  for (const persona of directory.personas) persona.organizations = []
  const empty = await visitor(issuer).authorize(ACME)
  t.match(empty.html, 'Nobody of Acme can log in here')
  const client = assertDefined(directory.clients.get('messages-spa'))
  client.organizationUsage = 'require'
  t.match((await visitor(issuer).authorize()).html, /Nobody can log in here.*href="\/">console/s)
})

test('for an invitation, who is invited is suggested, or can sign up', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const invite = (invitee: string) =>
    directory.invitations.add(
      createInvitation({
        organization: assertDefined(directory.organizations.get('org_acme')),
        client: assertDefined(directory.clients.get('messages-web')),
        inviter: 'Abe Admin',
        invitee,
      }),
    ).ticket
  const known = await visitor(issuer).authorize({
    ...WEB,
    ...ACME,
    invitation: invite('USER@example.com'),
  })
  t.match(known.html, 'Abe Admin invites USER@example.com to Acme.')
  t.strictSame(namesOn(known.html).suggested, ['user'])
  t.match(known.html, 'Others, who are not invited (4)')
  const invitation = invite('ivy@example.com')
  const unknown = await visitor(issuer).authorize({ ...WEB, ...ACME, invitation })
  t.strictSame(namesOn(unknown.html).suggested, [])
  const [, link = ''] = /Nobody has this address yet.*?href="([^"]+)"/s.exec(unknown.html) ?? []
  const signup = await visitor(issuer).visit(link)
  t.match(signup.html, /name="email"[^>]+value="ivy@example\.com"/, 'with the address')
})
