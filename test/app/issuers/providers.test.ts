import { test } from 'tap'
import { ADMIN, AUDIENCE, issuer, serverFor } from './issuer.ts'

/*
 * The tests of FRONTIER D.2. Here: a good token of each provider, its ID token (without nonce and at_hash, so
 * that the claims of the provider decide), a token for another audience or client, a missing `sub`, `scp` as
 * an array and a text, roles as an object, nested claims that are arrays, null or deep, and pointers with
 * `__proto__` and `constructor`. In discovery.test.ts: another issuer, http, and the variables. In
 * hostile-metadata.test.ts: redirects, loops, 50 MB. With the tokens of the local tenant:
 * test/local-tenant/providers. With Auth0 alone, no result changes: all other tests.
 */

type Claims = Readonly<Record<string, unknown>>

interface Provider {
  /** The path in the issuer's name. */
  readonly path: string
  readonly header?: Claims
  /** Of an access token of somebody who has the permission. */
  readonly access: Claims
  /** The same without the permission. */
  readonly without: Claims
  /** Of an ID token for a client that has the API's identifier. */
  readonly id: Claims
  readonly permission: string
  /** What `serverFor` gets beside PROVIDER. */
  readonly environment?: Readonly<Record<string, string>>
  readonly principal: Claims
}

const CLIENT = 'the-client'

/** Tokens in the form of each provider (FRONTIER D.2). */
const PROVIDERS: Readonly<Record<string, Provider>> = {
  keycloak: {
    path: '/realms/main',
    access: {
      typ: 'Bearer',
      azp: CLIENT,
      scope: 'openid profile',
      realm_access: { roles: ['editor', 'offline_access'] },
      resource_access: { account: { roles: ['view-profile'] } },
      organization: ['acme'],
    },
    without: { realm_access: { roles: ['offline_access'] } },
    id: { typ: 'ID', azp: CLIENT },
    permission: 'editor',
    environment: { AUTH0_ORGANIZATIONS: 'acme', ORGANIZATION_REQUIRED: 'false' },
    principal: { client: CLIENT, organization: 'acme', scopes: ['openid', 'profile'] },
  },
  okta: {
    path: '/oauth2/default',
    header: {},
    access: { cid: CLIENT, uid: '00u1', scp: ['openid', 'editor'] },
    without: { scp: ['openid'] },
    id: { aud: CLIENT, amr: ['pwd'] },
    permission: 'editor',
    principal: { client: CLIENT, scopes: ['openid', 'editor'], organization: undefined },
  },
  entra: {
    path: '/11111111-2222-3333-4444-555555555555/v2.0',
    access: { azp: CLIENT, oid: 'o1', tid: 't1', scp: 'read editor', sub: 'pairwise', ver: '2.0' },
    without: { scp: 'read' },
    id: { aud: CLIENT, oid: 'o1', tid: 't1', ver: '2.0' },
    permission: 'editor',
    principal: { client: CLIENT, subject: 'o1', scopes: ['read', 'editor'] },
  },
  cognito: {
    path: '/eu-central-1_abc',
    header: {},
    access: {
      aud: undefined,
      client_id: AUDIENCE,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      'cognito:groups': ['editor'],
    },
    without: { 'cognito:groups': undefined },
    id: { aud: AUDIENCE, client_id: AUDIENCE, token_use: 'id', 'cognito:groups': ['editor'] },
    permission: 'editor',
    principal: { client: AUDIENCE, scopes: ['aws.cognito.signin.user.admin'] },
  },
  zitadel: {
    path: '',
    access: {
      aud: [CLIENT, AUDIENCE],
      client_id: CLIENT,
      'urn:zitadel:iam:org:project:roles': { editor: { '1': 'acme.example' } },
    },
    without: { 'urn:zitadel:iam:org:project:roles': { editor: 'acme.example' } },
    id: { aud: [CLIENT], azp: CLIENT, at_hash: 'x' },
    permission: 'editor',
    principal: { client: CLIENT, permissions: ['editor'], organization: undefined },
  },
}

for (const [name, provider] of Object.entries(PROVIDERS)) {
  test(`${name}: access tokens are accepted, all others are not`, async (t) => {
    const { access, header, without, id, permission, path, environment } = provider
    const { sign, name: iss } = await issuer(t, path)
    const { settled, status, principal } = await serverFor(
      t,
      iss,
      { PROVIDER: name, ...environment },
      permission,
    )
    const good = sign(access, header)
    t.equal(await settled(good), 200)
    t.equal(await status(good, ADMIN), 200)
    t.equal(await status(sign({ ...access, ...without }, header), ADMIN), 403, 'no permission')
    t.equal(await status(sign(id, header)), 401, 'its ID token')
    t.equal(await status(sign({ ...access, nonce: 'n' }, header)), 401, 'a token with nonce')
    const other = { ...access, aud: 'https://other.test', client_id: 'other' }
    t.equal(await status(sign(other, header)), 401, 'for another API')
    const nobody = { ...access, sub: undefined, oid: undefined }
    t.equal(await status(sign(nobody, header)), 401, 'without a subject')
    t.equal(await status(sign({ ...access, iss: `${iss}/` }, header)), 401, 'another slash')
    t.match(await principal(good), provider.principal)
  })
}

test('a variable takes precedence over what PROVIDER sets', async (t) => {
  const { sign, name } = await issuer(t, '/realms/main')
  const settings = { PROVIDER: 'keycloak', PERMISSIONS_CLAIM: '/resource_access/messages/roles' }
  const { settled, status } = await serverFor(t, name, settings)
  const roles = { typ: 'Bearer', resource_access: { messages: { roles: ['editor'] } } }
  t.equal(await settled(sign(roles), ADMIN), 200)
  const ofRealm = { typ: 'Bearer', realm_access: { roles: ['editor'] } }
  t.equal(await status(sign(ofRealm), ADMIN), 403)
})

test('an issuer without PROVIDER has the claims of Auth0, and a nonce only if it is allowed', async (t) => {
  const { sign, name } = await issuer(t)
  const strict = await serverFor(t, name)
  t.equal(await strict.settled(sign({ permissions: ['editor'] }), ADMIN), 200)
  t.equal(await strict.status(sign({ nonce: 'n' })), 401)
  const lenient = await serverFor(t, name, { ALLOW_NONCE: 'true' })
  t.equal(await lenient.settled(sign({ nonce: 'n' })), 200)
  t.equal(await lenient.status(sign({ nonce: 'n', at_hash: 'x' })), 401, 'still an ID token')
})

test('an organization is one name, also in an array or an object', async (t) => {
  const { sign, name } = await issuer(t)
  const settings = { ORGANIZATION_CLAIM: '/x/organization', AUTH0_ORGANIZATIONS: 'acme' }
  const { settled, status } = await serverFor(t, name, settings)
  const of = (organization: unknown) => sign({ x: { organization } })
  t.equal(await settled(of('acme')), 200)
  for (const one of [['acme'], { acme: { id: '1' } }]) t.equal(await status(of(one)), 200)
  const others = ['other', ['acme', 'other'], [], {}, { acme: 1 }, 1, null, undefined, [1]]
  for (const other of others) t.equal(await status(of(other)), 401, JSON.stringify(other))
})

test('hostile claims: only own members count, and any depth is survived', async (t) => {
  const { sign, name } = await issuer(t)
  const claim = '/__proto__/roles,/constructor/name,/a/b/c,roles'
  const { settled, status } = await serverFor(t, name, { PERMISSIONS_CLAIM: claim })
  t.equal(await settled(sign({ a: { b: { c: ['editor'] } } }), ADMIN), 200)
  const chain = (depth: number) => `${'{"b":'.repeat(depth)}1${'}'.repeat(depth)}`
  const hostile: unknown[] = [
    null,
    [],
    'editor',
    { b: null },
    { b: ['editor'] },
    JSON.parse('{"__proto__":{"b":{"c":["editor"]}}}'),
    JSON.parse(chain(500)),
  ]
  for (const a of hostile) t.equal(await status(sign({ a }), ADMIN), 403)
  t.equal(await status(sign({ roles: { editor: { deep: {} } } }), ADMIN), 200, 'keys of objects')
  t.equal(await status(sign({ roles: { editor: [] } }), ADMIN), 403, 'not of others')
})

test('the explanation has advice for the provider, without the dashboard of Auth0', async (t) => {
  const cases: [string, Claims, string, RegExp][] = [
    ['keycloak', { typ: 'ID' }, 'claim_mismatch', /typ=Bearer/],
    ['keycloak', { typ: 'Bearer', aud: 'account' }, 'audience_mismatch', /type Audience.*aud/s],
    ['keycloak', { typ: 'Bearer', sub: undefined }, 'subject_missing', /scope basic/],
    ['keycloak', { typ: 'Bearer', iss: 'http://kc' }, 'issuer_mismatch', /option hostname/],
    ['keycloak', { typ: 'JWT', iss: 'http://kc' }, 'issuer_mismatch', /option hostname/],
    ['cognito', { iss: 'http://other' }, 'issuer_mismatch', /set ISSUER/],
    ['cognito', { token_use: 'access' }, 'audience_mismatch', /client_id has the id/],
    ['entra', { iss: 'https://sts.windows.net/1/' }, 'issuer_mismatch', /AccessTokenVersion/],
    ['zitadel', { exp: 1 }, 'token_expired', /clock/],
    ['okta', { org_id: 1 }, 'organization_malformed', /org_id has not exactly one name/],
    ['okta', { org_id: 'x' }, 'organization_unknown', /Add it there/],
    ['okta', { cnf: {} }, 'token_bound', /Switch the binding off/],
  ]
  for (const [provider, claims, code, advice] of cases) {
    const { sign, name } = await issuer(t)
    const { settled, explain } = await serverFor(t, name, { PROVIDER: provider })
    const token = sign(claims)
    t.equal(await settled(token), 401)
    const explanation = await explain(token)
    t.match(explanation, { result: 'refused', code, advice }, `${provider}: ${code}`)
    t.notMatch(JSON.stringify(explanation), /Applications →|User Management/)
  }
  const { sign, name } = await issuer(t)
  const { settled, explain } = await serverFor(t, name, {
    PROVIDER: 'keycloak',
    ORGANIZATION_REQUIRED: 'true',
    AUTH0_ORGANIZATIONS: 'acme',
  })
  const base = { typ: 'Bearer' }
  await settled(sign(base))
  t.match(await explain(sign(base)), { code: 'organization_missing', advice: /claim organization/ })
  const member = sign({ ...base, organization: 'acme' })
  t.match(await explain(member, ADMIN), {
    code: 'permission_missing',
    advice: /resource_access.*requires editor/s,
  })
  const kind = (await explain(sign({ typ: 'ID' }))).checks.find((check) => check.name === 'kind')
  t.match(kind, { outcome: 'failed', expected: /with typ "Bearer"/, found: /typ "ID"/ })
  const passed = (await explain(member)).checks.map(({ outcome }) => outcome)
  t.notOk(passed.includes('failed'))
  t.match(await explain('x'.repeat(20_000)), { advice: /fewer claims, roles or groups/ })
  t.match(await explain(member, '/probe/scoped'), {
    code: 'scope_missing',
    advice: /requires the scope read:x/,
  })
  t.match(await explain('opaque'), { code: 'token_malformed' })
  t.match(await explain(sign(base, { typ: 'JWT', alg: 'HS256' })), {
    code: 'algorithm_not_allowed',
    advice: /Allowed are RS256/,
  })
})
