import { test } from 'tap'
import { main as doctor } from '../../../src/cli/doctor.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { checkJwks } from '../../../src/doctor/check-tenant.ts'
import { discoverJwksUri } from '../../../src/tokens/keys/discover-jwks-uri.ts'
import { runCommand } from '../../support/command.ts'
import { KEY, newKey } from '../../support/tokens/keys.ts'
import { AUDIENCE, issuer, serverFor } from './issuer.ts'

const TIMEOUT_MS = 1_000

test('the key set is found in the metadata of the issuer, once', async (t) => {
  const tenant = await issuer(t, '/realms/main')
  const { settled, keys } = await serverFor(t, tenant.name)
  t.equal(await settled(tenant.sign({})), 200)
  await keys.refresh()
  const { metadataPath, requests } = tenant
  t.equal(requests.filter((url) => url === metadataPath).length, 1)
  t.ok(requests.filter((url) => url === '/keys').length >= 2)
})

test('it is found again after a fetch that failed', async (t) => {
  const tenant = await issuer(t)
  const { settled, keys, status } = await serverFor(t, tenant.name)
  t.equal(await settled(tenant.sign({})), 200)
  tenant.replies.set('/keys', [410, ''])
  t.equal(await keys.refresh(), false)
  const next = newKey('RS256', 'next')
  tenant.replies.set('/moved', [200, { keys: [next.jwk] }])
  const moved = { ...tenant.metadata, jwks_uri: `${tenant.origin}/moved` }
  tenant.replies.set(tenant.metadataPath, [200, moved])
  t.equal(await keys.refresh(), true)
  t.equal(await status(tenant.sign({}, {}, next)), 200)
})

test('RFC 8414: the metadata can be at the other path', async (t) => {
  const tenant = await issuer(t, '/realms/main/')
  tenant.replies.delete(tenant.metadataPath)
  const other = '/.well-known/oauth-authorization-server/realms/main'
  tenant.replies.set(other, [200, tenant.metadata])
  const { settled } = await serverFor(t, tenant.name)
  t.equal(await settled(tenant.sign({})), 200)
})

test('with JWKS_URI, the metadata is not fetched', async (t) => {
  const tenant = await issuer(t)
  const { settled } = await serverFor(t, 'https://sts.windows.net/1/', {
    JWKS_URI: `${tenant.origin}/keys`,
  })
  t.equal(await settled(tenant.sign({ iss: 'https://sts.windows.net/1/' })), 200)
  t.notOk(tenant.requests.includes(tenant.metadataPath))
})

test('metadata that is not accepted: tokens are 503, never 401', async (t) => {
  const tenant = await issuer(t)
  const { name, origin, metadata, metadataPath, replies } = tenant
  const cases: [string, readonly [number, unknown], RegExp][] = [
    ['nothing', [404, ''], /no metadata/],
    ['another issuer', [200, { ...metadata, issuer: `${name}/` }], /of another issuer/],
    ['no JSON', [200, '<html>'], /JSON/],
    ['null', [200, 'null'], /no metadata/],
    ['no key set', [200, { issuer: name }], /no jwks_uri/],
    ['a number', [200, { issuer: name, jwks_uri: 1 }], /no jwks_uri/],
    [
      'plain http',
      [200, { issuer: name, jwks_uri: 'http://keys.test/' }],
      /no jwks_uri with https/,
    ],
    ['a file', [200, { issuer: name, jwks_uri: 'file:///etc/passwd' }], /no jwks_uri with https/],
    ['a redirect', [302, ''], /fetch failed/],
    ['too large', [200, `"${'x'.repeat(600 * 1024)}"`], /larger than/],
    ['an error', [500, ''], /returned HTTP 500/],
  ]
  for (const [title, reply, problem] of cases) {
    replies.set(metadataPath, reply)
    await t.rejects(discoverJwksUri(name, TIMEOUT_MS), { message: problem }, title)
    const { settled } = await serverFor(t, name)
    t.equal(await settled(tenant.sign({})), 503, title)
  }
  replies.set(metadataPath, [200, { issuer: name, jwks_uri: `${origin}/keys` }])
  t.equal(await discoverJwksUri(name, TIMEOUT_MS), `${origin}/keys`)
  await t.rejects(discoverJwksUri('https://127.0.0.1:9/x', TIMEOUT_MS))
})

test('doctor finds the key set in the same way', async (t) => {
  const { name, metadataPath, replies } = await issuer(t, '/realms/main')
  const tokens = { algorithms: ['RS256'] } as unknown as Parameters<typeof checkJwks>[1]
  const of = { issuer: name, jwksUrl: undefined }
  t.match(await checkJwks(of, tokens, undefined), { finding: { found: new RegExp(KEY.kid) } })
  replies.delete(metadataPath)
  const { finding } = await checkJwks(of, tokens, undefined)
  t.match(finding, { found: /no metadata/, hint: /JWKS_URI must be set/ })
})

test('the commands examine a server that ISSUER configures', async (t) => {
  const { name } = await issuer(t, '/realms/main')
  const base = { CLIENT_ORIGIN_URL: 'http://localhost:4040', PORT: '0', TENANT_PORT: '9' }
  const { out } = await runCommand(doctor, [], [{ ...base, ISSUER: name, AUDIENCE }])
  t.match(out, `same issuer: ${name}`)
})

test('variables that do not go together', async (t) => {
  const base = { CLIENT_ORIGIN_URL: 'http://localhost:4040', AUDIENCE }
  const ISSUER = 'https://keycloak.test/realms/main'
  const good = { ...base, ISSUER }
  t.match(loadConfig(good).config, {
    tokens: { issuer: ISSUER, audiences: [AUDIENCE] },
    issuers: [{ issuer: ISSUER, jwksUrl: undefined }],
    provider: undefined,
  })
  t.equal(loadConfig({ ...good, PROVIDER: 'okta' }).config.provider, 'okta')
  const cases: [Record<string, string>, RegExp][] = [
    [base, /AUTH0_DOMAIN is missing.*set ISSUER instead/s],
    [{ ...good, AUTH0_DOMAIN: 'tenant.test' }, /AUTH0_DOMAIN and ISSUER exclude each other/],
    [{ ...good, AUTH0_AUDIENCE: 'x' }, /AUDIENCE and AUTH0_AUDIENCE exclude each other/],
    [{ ...base, AUTH0_DOMAIN: 'tenant.test', JWKS_URI: 'https://x.test/' }, /ISSUER is required/],
    [{ ...base, AUTH0_DOMAIN: 'tenant.test', PROVIDER: 'okta' }, /when PROVIDER is okta/],
    [{ ...base, AUTH0_DOMAIN: 't.test', AUTH0_ORGANIZATIONS: 'acme' }, /AUTH0_ORGANIZATIONS/],
    [{ ...good, PROVIDER: 'ldap' }, /PROVIDER is invalid/],
    [{ ...good, REQUIRED_CLAIMS: 'token_use' }, /REQUIRED_CLAIMS is invalid/],
    [{ ...good, REQUIRED_CLAIMS: '/=x' }, /REQUIRED_CLAIMS is invalid/],
    [{ ...good, SUBJECT_CLAIM: 'a b' }, /SUBJECT_CLAIM is invalid/],
    [{ ...good, ISSUER: 'http://localhost:8080/x', NODE_ENV: 'production' }, /ISSUER is invalid/],
    [{ ...good, JWKS_URI: 'http://localhost/', NODE_ENV: 'production' }, /JWKS_URI is invalid/],
  ]
  for (const issuer of ['http://keycloak.test/', 'keycloak.test', 'https://k.test/?a', 'x y']) {
    cases.push([{ ...base, ISSUER: issuer }, /ISSUER is invalid/])
  }
  for (const uri of ['http://k.test/', 'https://k.test/#a', 'https://u:p@k.test/', 'keys']) {
    cases.push([{ ...good, JWKS_URI: uri }, /JWKS_URI is invalid/])
  }
  for (const [environment, problem] of cases) {
    t.throws(() => loadConfig(environment), { message: problem }, JSON.stringify(environment))
  }
})
