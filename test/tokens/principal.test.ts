import { test } from 'tap'
import { DEFAULT_CLAIMS } from '../../src/tokens/issuers/claim-names.ts'
import { claimsReader, DEFAULT_PRINCIPAL_OPTIONS, principalOf } from '../../src/tokens/principal.ts'
import { VerifiedTokenCache } from '../../src/tokens/verified-token-cache.ts'
import { trustedIssuer } from '../support/tokens/issuers.ts'
import { claims, ISSUER, NOW } from '../support/tokens/tokens.ts'

const of = (changes: Record<string, unknown>, options = {}) =>
  principalOf(claims(changes), { ...DEFAULT_PRINCIPAL_OPTIONS, ...options })

test('what a principal has', async (t) => {
  t.strictSame(
    of({
      azp: 'web',
      client_id: 'other',
      scope: 'openid  read:x',
      org_id: 'org_a',
      email: 'a@example.com',
      act: { sub: 'agent' },
      permissions: ['a', 'b', 'a'],
      acr: 'mfa',
      auth_time: NOW - 60,
    }),
    {
      issuer: ISSUER,
      subject: 'auth0|1',
      client: 'web',
      permissions: ['a', 'b'],
      scopes: ['openid', 'read:x'],
      organization: 'org_a',
      email: 'a@example.com',
      actor: 'agent',
      confirmation: undefined,
      acr: 'mfa',
      authTime: NOW - 60,
      claims: {},
      expiresAt: NOW + 3600,
    },
  )
  t.match(of({ client_id: 'machine' }), { client: 'machine', actor: undefined, scopes: [] })
})

test('malformed claims count as absent', async (t) => {
  const malformed = {
    azp: 1,
    client_id: [],
    scope: ['a'],
    email: {},
    act: 'agent',
    permissions: 'a',
  }
  t.match(of(malformed), {
    client: undefined,
    scopes: { length: 0 },
    email: undefined,
    actor: undefined,
    permissions: [],
  })
  t.strictSame(of({ permissions: ['a', 1] }).permissions, [])
})

test('permissions come from the configured claims', async (t) => {
  const realm = { realm_access: { roles: ['editor'] }, 'a/b': { 'c~d': 'x y' } }
  const from = (...permissions: string[]) =>
    of({ scope: 'read write', ...realm }, { names: { ...DEFAULT_CLAIMS, permissions } }).permissions
  t.strictSame(from('scope'), ['read', 'write'])
  t.strictSame(from('permissions', 'scope'), ['read', 'write'])
  t.strictSame(from('/realm_access/roles'), ['editor'])
  t.strictSame(from('/a~1b/c~0d'), ['x', 'y'])
  for (const name of ['/realm_access/roles/0/x', '/__proto__/constructor', 'constructor', '/x/y']) {
    t.strictSame(from(name), [], name)
  }
})

test('further claims, by their names or by a function', async (t) => {
  const roles = 'https://example.com/roles'
  const names = claimsReader([roles, 'missing', 'toString'])
  t.strictSame(of({ [roles]: ['x'] }, { readClaims: names }).claims, { [roles]: ['x'] })
  const read = claimsReader((all) => ({ tenant: all['iss'] }))
  t.strictSame(of({}, { readClaims: read }).claims, { tenant: ISSUER })
  t.strictSame(of({}, { readClaims: claimsReader() }).claims, {})
})

test('what a function returns still belongs to the product', async (t) => {
  const plan = { name: 'free' }
  const { claims } = of({}, { readClaims: claimsReader(() => ({ plan })) })
  plan.name = 'paid'
  t.strictSame(claims, { plan: { name: 'free' } })
})

test('a principal cannot be changed, however deep', async (t) => {
  const nested = { deep: [{ list: ['x'] }] }
  const { permissions, ...principal } = of({ nested }, { readClaims: claimsReader(['nested']) })
  t.throws(() => Object.assign(permissions, { 0: 'admin' }), TypeError)
  const [first] = (principal.claims as { nested: { deep: { list: string[] }[] } }).nested.deep
  t.throws(() => first?.list.push('y'), TypeError)
})

test('claims count in the bound of the cache', async (t) => {
  const cache = new VerifiedTokenCache({
    now: () => NOW * 1000,
    maxBytes: 100_000,
  })
  const big = of({ big: 'x'.repeat(7000) }, { readClaims: claimsReader(['big']) })
  const key = { kid: 'a', algorithms: [], key: undefined as never }
  for (let i = 0; i < 100; i++)
    cache.add(`${i}`, { principal: big, key, issuer: trustedIssuer(ISSUER) })
  t.ok(cache.size <= 7, `${cache.size} entries of 14 KB`)
})
