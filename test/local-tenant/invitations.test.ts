import { decodeJwt } from 'jose'
import { test } from 'tap'
import {
  redemption,
  requestToken,
  startTenant,
  type Values,
  visitor,
  WEB,
} from '../support/visitor.ts'

const SECRET = { client_secret: 'messages-web-secret' }
const SPENT = {
  error: 'invalid_request',
  error_description: /invitation not found or already used/,
}

async function invite(issuer: string, body: object, type = 'application/json') {
  const response = await fetch(`${issuer}local-tenant/invitations`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

/** What the client passes on from the link. */
async function invited(issuer: string, email: string): Promise<Values> {
  const { body } = await invite(issuer, { organization: 'acme', email })
  const { invitation, organization } = Object.fromEntries(
    new URL(String(body['link'])).searchParams,
  )
  return { ...WEB, invitation, organization }
}

test('an invitation leads to the client and makes a member, once', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const { status, body } = await invite(issuer, {
    organization: 'acme',
    email: 'User@example.com',
    inviter: 'Abe',
  })
  t.equal(status, 201)
  const link = new URL(String(body['link']))
  t.equal(`${link.origin}${link.pathname}`, 'http://localhost:6060/login')
  t.strictSame(Object.fromEntries(link.searchParams), {
    invitation: body['ticket'],
    organization: 'org_acme',
    organization_name: 'acme',
  })
  const request = { ...WEB, invitation: body['ticket'], organization: 'org_acme' }

  const person = visitor(issuer)
  await person.logIn('user')
  const page = await person.authorize(request)
  t.match([page.status, page.html], [200, 'Abe invites User@example.com'], 'asked who accepts')
  t.match(
    (await person.authorize({ ...request, prompt: 'none' })).answer,
    { error: 'login_required' },
    'and never silently',
  )
  t.match([...directory.invitations], [{ used: false, invitee: 'User@example.com' }])
  const { answer } = await person.logIn('user', request)
  const tokens = await requestToken(issuer, { ...redemption(answer['code']), ...WEB, ...SECRET })
  t.match(decodeJwt(String(tokens.body['id_token'])), { org_id: 'org_acme', org_name: 'acme' })
  t.match([...directory.invitations], [{ used: true }])

  t.match((await person.authorize(request)).answer, { ...SPENT, state: 'the-state' })
  const again = await visitor(issuer).logIn('user', { ...WEB, organization: 'acme' })
  t.ok(again.answer['code'], 'a member from now on')
})

test('an invitation gives roles', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const invitation = { organization: 'acme', email: 'user@example.com' }
  const unknown = await invite(issuer, { ...invitation, roles: ['nothing'] })
  t.match(unknown, { status: 400, body: { error_description: 'Unknown role.' } })
  const { body } = await invite(issuer, { ...invitation, roles: ['admin'] })
  await visitor(issuer).logIn('user', {
    ...WEB,
    invitation: body['ticket'],
    organization: 'org_acme',
  })
  t.strictSame(directory.personas.get('user')?.roles, ['admin'])
})

test('a new user can sign up with an invitation', async (t) => {
  const { issuer } = await startTenant(t)
  const request = await invited(issuer, 'new@example.com')
  const person = visitor(issuer)
  const page = await person.authorize({ ...request, screen_hint: 'signup' })
  t.match(page.html, /value="new@example.com"/)
  const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
  const { answer } = await person.post('/signup', { transaction, email: 'new@example.com' })
  const { body } = await requestToken(issuer, { ...redemption(answer['code']), ...WEB, ...SECRET })
  t.match(decodeJwt(String(body['access_token'])), { org_id: 'org_acme' })
})

test('an invitation is used up by another account, which does not become a member', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const request = await invited(issuer, 'user@example.com')
  const { answer } = await visitor(issuer).logIn('admin', request)
  t.match(answer, { error: 'access_denied', error_description: /not allowed to accept/ })
  t.match((await visitor(issuer).authorize(request)).answer, SPENT)
  t.strictSame(directory.personas.get('admin')?.organizations, [])
})

test('of two logins with one invitation, only the first to finish succeeds', async (t) => {
  const { issuer } = await startTenant(t)
  const request = await invited(issuer, 'user@example.com')
  const slow = visitor(issuer)
  const page = await slow.authorize(request)
  const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
  t.ok((await visitor(issuer).logIn('user', request)).answer['code'])
  t.match((await slow.post('/login', { transaction, persona: 'user' })).answer, SPENT)
})

test('an unknown, mismatched or expired invitation is rejected', async (t) => {
  const { issuer } = await startTenant(t)
  const request = await invited(issuer, 'user@example.com')
  const { authorize } = visitor(issuer)
  const spa = { client_id: 'messages-spa', redirect_uri: 'http://localhost:4040' }
  for (const changes of [
    { invitation: 'made-up' },
    { organization: 'globex' },
    { organization: undefined },
    spa,
  ]) {
    const { answer } = await authorize({ ...request, ...changes })
    t.match(answer, SPENT, JSON.stringify(changes))
  }
  t.equal((await authorize(request)).status, 200)
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 7 * 24 * 60 * 60 * 1000
  t.match((await authorize(request)).answer, SPENT, 'a week later')
})

test('invitations that cannot be created', async (t) => {
  const { issuer } = await startTenant(t)
  const good = { organization: 'acme', email: 'user@example.com' }
  const cases: object[] = [
    {},
    { ...good, organization: 'nobody' },
    { ...good, client: 'nobody' },
    { ...good, client: 'messages-spa' },
    { ...good, email: '' },
  ]
  for (const body of cases)
    t.match(await invite(issuer, body), { status: 400 }, JSON.stringify(body))
  t.equal((await invite(issuer, good, 'text/plain')).status, 415)
})
