import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import type { Client } from '../../src/local-tenant/directory/records.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { managementSdk, managementToken } from '../support/manager.ts'
import { REQUEST, redemption, requestToken, startTenant, visitor } from '../support/visitor.ts'

/** A tenant whose browser client uses organizations in this way. */
async function tenant(t: Test, usage: Pick<Client, 'organizationUsage' | 'organizationBehavior'>) {
  const { issuer, directory } = await startTenant(t)
  Object.assign(assertDefined(directory.clients.get(REQUEST.client_id)), usage)
  return {
    issuer,
    directory,
    /** The organization in the access token. */
    async organizationOf(code: string | undefined) {
      const { body } = await requestToken(issuer, redemption(code))
      return decodeJwt(String(body['access_token']))['org_id']
    },
  }
}

const CHOICE = { organization: 'org_acme' }
/** A button of the login page. */
const MEMBER_OF_ACME = 'value="org_acme">\n<button name="persona" value="acme-member"'

test('a client that requires an organization and does not ask for one', async (t) => {
  const { issuer, organizationOf } = await tenant(t, {
    organizationUsage: 'require',
    organizationBehavior: 'no_prompt',
  })
  t.match((await visitor(issuer).authorize()).answer, {
    error: 'invalid_request',
    error_description: 'parameter organization is required for this client',
  })
  const { answer } = await visitor(issuer).logIn('acme-member', CHOICE)
  t.equal(await organizationOf(answer['code']), 'org_acme')
})

test('a client that requires an organization and asks for one', async (t) => {
  for (const organizationBehavior of ['pre_login_prompt', 'post_login_prompt'] as const) {
    const { issuer, organizationOf } = await tenant(t, {
      organizationUsage: 'require',
      organizationBehavior,
    })
    const person = visitor(issuer)
    const page = await person.authorize()
    t.match(page.html, MEMBER_OF_ACME)
    t.notMatch(page.html, 'value="user"', 'a persona without an organization')
    const { answer } = await person.logIn('acme-member', {}, CHOICE)
    t.equal(await organizationOf(answer['code']), 'org_acme')
    const silent = await person.authorize({ prompt: 'none' })
    t.equal(await organizationOf(silent.answer['code']), 'org_acme')
    t.match((await visitor(issuer).logIn('user')).answer, { error: 'access_denied' })

    const server = { client_id: 'messages-web', redirect_uri: 'http://localhost:6060/callback' }
    const elsewhere = visitor(issuer)
    t.ok((await elsewhere.logIn('acme-member', server)).answer['code'])
    t.match(
      (await elsewhere.authorize({ prompt: 'none' })).answer,
      { error: 'login_required' },
      'a session without an organization is not enough',
    )
  }
})

test('a client that does not use organizations', async (t) => {
  const { issuer, organizationOf } = await tenant(t, { organizationUsage: 'deny' })
  t.match((await visitor(issuer).authorize(CHOICE)).answer, {
    error: 'invalid_request',
    error_description: 'parameter organization is not allowed for this client',
  })
  const person = visitor(issuer)
  t.notMatch((await person.authorize()).html, MEMBER_OF_ACME)
  const { answer } = await person.logIn('acme-member', {}, CHOICE)
  t.equal(await organizationOf(answer['code']), undefined)
})

test('a client that allows organizations', async (t) => {
  const { issuer, directory, organizationOf } = await tenant(t, { organizationUsage: 'allow' })
  const asked = visitor(issuer)
  t.match((await asked.authorize()).html, MEMBER_OF_ACME)
  t.equal(await organizationOf((await asked.logIn('user')).answer['code']), undefined)
  const member = await asked.logIn('acme-member', { prompt: 'login' }, CHOICE)
  t.equal(await organizationOf(member.answer['code']), 'org_acme')

  const client = assertDefined(directory.clients.get(REQUEST.client_id))
  client.organizationBehavior = 'no_prompt'
  t.notMatch((await visitor(issuer).authorize()).html, MEMBER_OF_ACME)
  const silent = await asked.authorize({ prompt: 'none' })
  t.equal(await organizationOf(silent.answer['code']), undefined, 'not asked for')
})

test('the Management API sets usage and prompt; a new client uses no organizations', async (t) => {
  const { issuer } = await startTenant(t)
  const sdk = managementSdk(issuer, await managementToken(issuer))
  const redirect_uri = 'http://localhost:4040'
  const { client_id: id } = await sdk.clients.create({
    name: 'New',
    app_type: 'spa',
    callbacks: [redirect_uri],
  })
  const client_id = assertDefined(id)
  const request = { client_id, redirect_uri, ...CHOICE }
  t.match(await sdk.clients.get(client_id), {
    organization_usage: 'deny',
    organization_require_behavior: 'no_prompt',
  })
  t.match((await visitor(issuer).authorize(request)).answer, { error: 'invalid_request' })
  await sdk.clients.update(client_id, {
    organization_usage: 'require',
    organization_require_behavior: 'post_login_prompt',
  })
  t.ok((await visitor(issuer).logIn('acme-member', request)).answer['code'])
  t.match((await visitor(issuer).authorize({ client_id })).html, MEMBER_OF_ACME)
})
