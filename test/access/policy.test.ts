import type { Test } from 'tap'
import { test } from 'tap'
import type { Requirements } from '../../src/access/policy.ts'
import { denialOf } from '../../src/access/policy.ts'
import { DEFAULT_PRINCIPAL_OPTIONS, principalOf } from '../../src/tokens/principal.ts'
import { type TestAppOptions, testApp } from '../support/app.ts'
import { token } from '../support/tokens/tokens.ts'

const ROUTE = '/scratch'
const CLOCK = { now: () => 0, clockTolerance: 0 }

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

test('D.1 test 7: an organization is known at all domains of its tenant, or at none', async (t) => {
  const domains = { AUTH0_DOMAIN: 'tenant.test,login.tenant.test' }
  const call = await scratch(t, {}, { ...KNOWN, ...domains })
  for (const iss of ['https://tenant.test/', 'https://login.tenant.test/']) {
    t.strictSame(await call({ iss, org_id: 'org_a' }), [200])
    t.strictSame(await call({ iss, org_id: 'org_c' }), [401, 'organization_unknown'])
    t.strictSame(await call({ iss }), [401, 'organization_missing'])
  }
  t.strictSame(await call({ iss: 'https://x.test/', org_id: 'org_a' }), [401, 'issuer_mismatch'])
})

test('D.1 test 7: a decision depends on the list that it gets, and on no other', async (t) => {
  const claims = { iss: 'https://b.test/', sub: 'x', exp: 1, org_id: 'org_a' }
  const principal = principalOf(claims, DEFAULT_PRINCIPAL_OPTIONS)
  const listOf = (id: string) => ({
    known: new Set([id]),
    required: true,
    domain: undefined,
    bySubdomain: new Map(),
  })
  t.equal(denialOf(principal, {}, listOf('org_a'), '', CLOCK), undefined)
  t.equal(denialOf(principal, {}, listOf('org_b'), '', CLOCK), 'organization_unknown')
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

const SUBDOMAINS = {
  AUTH0_ORGANIZATIONS: 'acme:org_a,beta:org_b',
  ORGANIZATION_DOMAIN: 'api.example.com',
}
const PASSED_ON = { host: 'acme.api.example.com', 'x-forwarded-host': 'elsewhere.test' }
const UPSTREAM = { host: 'upstream:6060', 'x-forwarded-host': 'Beta.api.example.com.:443' }

test('a forwarded host counts only if the proxy is trusted and overwrites it', async (t) => {
  for (const environment of [
    {},
    { TRUST_PROXY: 'loopback' },
    { TRUST_PROXY: '10.0.0.0/8', TRUST_FORWARDED_HOST: 'true' },
  ]) {
    const call = await scratch(t, {}, { ...SUBDOMAINS, ...environment })
    const name = JSON.stringify(environment)
    t.strictSame(await call({ org_id: 'org_a' }, PASSED_ON), [200], name)
    t.strictSame(
      await call({ org_id: 'org_b' }, PASSED_ON),
      [401, 'organization_not_admitted'],
      name,
    )
    t.strictSame(await call({ org_id: 'org_b' }, UPSTREAM), [400, 'hosts_differ'], name)
  }
  const call = await scratch(
    t,
    {},
    { ...SUBDOMAINS, TRUST_PROXY: 'loopback', TRUST_FORWARDED_HOST: 'true' },
  )
  t.strictSame(await call({ org_id: 'org_b' }, UPSTREAM), [200])
  t.strictSame(await call({ org_id: 'org_a' }, UPSTREAM), [401, 'organization_not_admitted'])
  t.strictSame(await call({ org_id: 'org_a' }, { host: PASSED_ON.host }), [200], 'not forwarded')
})

test('two hosts of the domain that differ are refused', async (t) => {
  const pairs = [
    ['acme.api.example.com', 'beta.api.example.com'],
    ['acme.api.example.com', 'api.example.com'],
    ['api.example.com', 'beta.api.example.com'],
    ['upstream', 'beta.api.example.com, acme.api.example.com'],
    ['upstream', 'beta.api.example.com, other.test'],
  ] as const
  for (const TRUST_FORWARDED_HOST of ['true', 'false']) {
    const environment = { ...SUBDOMAINS, TRUST_PROXY: 'loopback', TRUST_FORWARDED_HOST }
    const call = await scratch(t, {}, environment)
    for (const [host, forwarded] of pairs) {
      const headers = { host, 'x-forwarded-host': forwarded }
      const name = `${TRUST_FORWARDED_HOST}: ${host}, ${forwarded}`
      t.strictSame(await call({ org_id: 'org_b' }, headers), [400, 'hosts_differ'], name)
    }
    const same = { host: 'acme.api.example.com:443', 'x-forwarded-host': 'ACME.api.example.com' }
    t.strictSame(await call({ org_id: 'org_a' }, same), [200])
  }
  const call = await scratch(t, {}, { TRUST_PROXY: 'loopback' })
  const headers = { host: 'a.api.example.com', 'x-forwarded-host': 'b.api.example.com' }
  t.strictSame(await call({}, headers), [200], 'without a domain, no host matters')
})

test('routes see the host that counts', async (t) => {
  const { app } = await testApp(t, { environment: { TRUST_PROXY: 'loopback' } })
  app.get('/host', { config: { access: 'public' } }, ({ host, headers }) => [
    host,
    headers['x-forwarded-host'] ?? null,
  ])
  const headers = { host: 'acme.test', 'x-forwarded-host': 'beta.test' }
  const response = await app.inject({ url: '/host', headers })
  t.strictSame(response.json(), ['acme.test', null])
})

test('a request without a principal is denied', async (t) => {
  const organizations = {
    known: new Set<string>(),
    required: false,
    domain: undefined,
    bySubdomain: new Map(),
  }
  t.equal(denialOf(null, {}, organizations, 'localhost', CLOCK), 'credentials_missing')
})
