import type { Test } from 'tap'
import { test } from 'tap'
import type { Requirements } from '../../src/access/policy.ts'
import { denialOf } from '../../src/access/policy.ts'
import { type TestAppOptions, testApp } from '../support/app.ts'
import { token } from '../support/tokens/tokens.ts'

const ROUTE = '/scratch'

/** An app with one more route, and a function that says how it answers a token. */
async function scratch(
  t: Test,
  access: Requirements,
  environment: TestAppOptions['environment'] = {},
) {
  const { app, call, log } = await testApp(t, { environment })
  app.get(ROUTE, { config: { access } }, () => ({ message: 'in' }))
  return async (claims: Record<string, unknown>, headers = {}) => {
    const { status, headers: answered } = await call(ROUTE, token(claims), headers)
    const scope = /scope="([^"]*)"/.exec(String(answered['www-authenticate']))?.[1]
    return [status, log.at(-1)?.['refusal'] ?? scope, scope].filter((part) => part !== undefined)
  }
}

const KNOWN = { AUTH0_ORGANIZATIONS: 'org_a,org_b' }

test('permissions: all of them, and any of them', async (t) => {
  const all = await scratch(t, { permissions: ['a', 'b'] })
  t.strictSame(await all({ permissions: ['b', 'a', 'c'] }), [200])
  t.strictSame(await all({ permissions: ['a'] }), [403, 'permission_missing', 'a b'])

  const any = await scratch(t, { anyPermission: ['a', 'b'] })
  t.strictSame(await any({ permissions: ['b'] }), [200])
  t.strictSame(await any({ permissions: ['c'] }), [403, 'permission_missing', 'a b'])

  const both = await scratch(t, { permissions: ['a'], anyPermission: ['b', 'c'] })
  t.strictSame(await both({ permissions: ['a', 'c'] }), [200])
  t.strictSame(await both({ permissions: ['b', 'c'] }), [403, 'permission_missing', 'a b c'])
})

test('a change of the declared object does not change the policy', async (t) => {
  const permissions = ['a']
  const access = { permissions }
  const call = await scratch(t, access)
  permissions[0] = 'b'
  Object.assign(access, { permissions: [] })
  t.strictSame(await call({ permissions: ['b'] }), [403, 'permission_missing', 'a'])
  t.strictSame(await call({ permissions: ['a'] }), [200])
})

test('organizations: none known', async (t) => {
  const call = await scratch(t, {})
  t.strictSame(await call({}), [200])
  t.strictSame(await call({ org_id: 'org_a' }), [401, 'organization_unknown'])
})

test('organizations: some known, and required', async (t) => {
  const call = await scratch(t, {}, KNOWN)
  t.strictSame(await call({ org_id: 'org_a' }), [200])
  t.strictSame(await call({}), [401, 'organization_missing'])
  for (const org_id of ['org_A', 'org_c', 'org_a ', '']) {
    t.strictSame(await call({ org_id }), [401, 'organization_unknown'], `«${org_id}»`)
  }
})

test('organizations: some known, not required', async (t) => {
  const call = await scratch(t, {}, { ...KNOWN, ORGANIZATION_REQUIRED: 'false' })
  t.strictSame(await call({}), [200])
  t.strictSame(await call({ org_id: 'org_b' }), [200])
  t.strictSame(await call({ org_id: 'org_c' }), [401, 'organization_unknown'])
})

test('a route may ask for certain organizations', async (t) => {
  const environment = { ...KNOWN, ORGANIZATION_REQUIRED: 'false' }
  const call = await scratch(t, { organizations: ['org_a', 'org_c'] }, environment)
  t.strictSame(await call({ org_id: 'org_a' }), [200])
  t.strictSame(await call({ org_id: 'org_b' }), [401, 'organization_not_admitted'])
  t.strictSame(await call({ org_id: 'org_c' }), [401, 'organization_unknown'])
  t.strictSame(await call({}), [401, 'organization_missing'])
})

test('the organization is checked before the permissions', async (t) => {
  const call = await scratch(t, { permissions: ['a'] }, KNOWN)
  t.strictSame(await call({ org_id: 'org_c' }), [401, 'organization_unknown'])
  t.strictSame(await call({ org_id: 'org_a' }), [403, 'permission_missing', 'a'])
})

test('a subdomain stands for one organization', async (t) => {
  const call = await scratch(
    t,
    {},
    {
      AUTH0_ORGANIZATIONS: 'acme:org_a,org_b',
      ORGANIZATION_DOMAIN: 'api.example.com',
      ORGANIZATION_REQUIRED: 'false',
    },
  )
  const at = (host: string, claims: Record<string, unknown>) => call(claims, { host })
  for (const host of [
    'acme.api.example.com',
    'ACME.API.example.com:6060',
    'acme.api.example.com.',
  ]) {
    t.strictSame(await at(host, { org_id: 'org_a' }), [200], host)
    t.strictSame(await at(host, { org_id: 'org_b' }), [401, 'organization_not_admitted'])
    t.strictSame(await at(host, {}), [401, 'organization_missing'])
  }
  for (const host of ['other.api.example.com', 'x.acme.api.example.com', 'acme2.api.example.com']) {
    t.strictSame(await at(host, { org_id: 'org_a' }), [401, 'organization_not_admitted'], host)
    t.strictSame(await at(host, {}), [401, 'organization_missing'], host)
  }
  for (const host of ['api.example.com', 'localhost:6060', 'evilapi.example.com']) {
    t.strictSame(await at(host, { org_id: 'org_b' }), [200], host)
    t.strictSame(await at(host, {}), [200], host)
  }
})

test('the host of a proxy is believed only where the proxy is trusted', async (t) => {
  const environment = {
    AUTH0_ORGANIZATIONS: 'acme:org_a,beta:org_b',
    ORGANIZATION_DOMAIN: 'api.example.com',
  }
  const headers = { host: 'acme.api.example.com', 'x-forwarded-host': 'beta.api.example.com' }
  const untrusting = await scratch(t, {}, environment)
  t.strictSame(await untrusting({ org_id: 'org_b' }, headers), [401, 'organization_not_admitted'])
  for (const TRUST_PROXY of ['127.0.0.1', 'loopback']) {
    const trusting = await scratch(t, {}, { ...environment, TRUST_PROXY })
    t.strictSame(await trusting({ org_id: 'org_b' }, headers), [200], TRUST_PROXY)
  }
})

test('a request without a principal is denied', async (t) => {
  const organizations = {
    known: new Set<string>(),
    required: false,
    domain: undefined,
    bySubdomain: new Map(),
  }
  t.equal(denialOf(null, {}, organizations, 'localhost'), 'credentials_missing')
})
