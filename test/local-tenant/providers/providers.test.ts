import { decodeJwt, decodeProtectedHeader } from 'jose'
import { t, test } from 'tap'
import { main as callCommand } from '../../../src/cli/call.ts'
import { main as doctorCommand } from '../../../src/cli/doctor.ts'
import { main as tokenCommand } from '../../../src/cli/token.ts'
import { PROVIDER_NAMES } from '../../../src/config/issuer/providers.ts'
import { api as data } from '../../../src/local-tenant/directory/data.ts'
import { runCommand } from '../../support/command.ts'
import { development, freePort } from '../../support/development.ts'
import { ADMIN, PROTECTED } from '../../support/probe-routes.ts'
import { explain } from '../../support/product/explain-command.ts'
import { useTestProject } from '../../support/product/test-project.ts'
import { EXPECTED } from './expected.ts'

useTestProject(t)

/** FRONTIER D.2: a local issuer for each provider, with what it issues and what must be rejected. */
for (const name of PROVIDER_NAMES) {
  const expected = EXPECTED[name]

  test(`${name}: tokens of personas and their results at the API`, async (t) => {
    const { tenant: issuer, tenantPort, api, server } = await development(t, { PROVIDER: name })
    const sources = [{ TENANT_PORT: tenantPort }]
    const origin = `http://localhost:${tenantPort}`
    t.equal(issuer, origin + expected.issuerPath)
    t.equal(server.config.tokens.issuer, issuer)
    t.equal(server.config.provider, name)

    const run = (...args: string[]) => runCommand(tokenCommand, args, sources)
    const responseOf = async (persona: string) =>
      (await run(persona, '--json')).json() as Record<string, string>
    const statusOf = async (token: string | undefined, path = PROTECTED) =>
      (await fetch(api + path, { headers: { authorization: `Bearer ${token}` } })).status
    const admin = await responseOf('admin')
    const user = await responseOf('user')
    t.equal(await statusOf(user['access_token']), 200)
    t.equal(await statusOf(user['access_token'], ADMIN), 403, 'a user on the admin route')
    t.equal(await statusOf(admin['access_token'], ADMIN), 200, 'an admin on the admin route')
    t.equal(await statusOf(admin['id_token']), 401, 'the ID token')

    const { access_token: access = '', id_token: id = '' } = admin
    const claims = decodeJwt(access)
    t.match(claims, { ...expected.access, iss: issuer })
    for (const absent of expected.absent) t.notHas(claims, absent)
    t.match(decodeJwt(id), { ...expected.id, iss: issuer, name: 'Ada Admin' })
    for (const token of [access, id]) t.equal(decodeProtectedHeader(token).typ, expected.typ)

    const explained = async (token: string) =>
      JSON.parse((await explain(['--json', token], sources)).output)
    t.match(await explained(access), { result: 'accepted' })
    t.match(await explained(id), { result: 'refused', code: expected.idTokenCode })
    const flaws = {
      id: 'id_token',
      opaque: 'token_malformed',
      expired: 'token_expired',
      'wrong-audience': 'audience_mismatch',
      'wrong-issuer': 'issuer_mismatch',
      tampered: 'signature_invalid',
      'other-key': 'signature_invalid',
    }
    for (const [flaw, code] of Object.entries(flaws)) {
      const token = (await run('admin', `--${flaw}`)).out.trim()
      t.equal(await statusOf(token), 401, flaw)
      t.match(await explained(token), { code }, flaw)
    }

    const outsider = (await responseOf('globex-member'))['access_token']
    t.equal(await statusOf(outsider), expected.hasOrganization ? 401 : 200, 'an organization')
    const member = (await responseOf('acme-admin'))['access_token']
    t.equal(await statusOf(member, ADMIN), 200, 'a known organization')
  })

  test(`${name}: its metadata, a machine, and the commands`, async (t) => {
    const PORT = await freePort()
    const { tenant, tenantPort, api, server } = await development(t, { PROVIDER: name, PORT })
    const sources = [{ TENANT_PORT: tenantPort, PORT }]
    const origin = `http://localhost:${tenantPort}`
    const base = tenant.replace(/\/$/, '')
    const fetchJson = async (url: string) =>
      (await (await fetch(url)).json()) as Record<string, string>
    const metadata = await fetchJson(`${base}/.well-known/openid-configuration`)
    const path = expected.issuerPath.replace(/\/$/, '')
    const other = await fetchJson(`${origin}/.well-known/oauth-authorization-server${path}`)
    t.strictSame(other, metadata, 'RFC 8414')
    t.match(metadata, {
      issuer: tenant,
      jwks_uri: origin + expected.jwksPath,
      token_endpoint: origin + expected.tokenPath,
    })
    const { keys } = (await fetchJson(String(metadata['jwks_uri']))) as unknown as {
      keys: object[]
    }
    t.equal(keys.length, name === 'keycloak' ? 3 : 2)
    t.equal(
      keys.every((key) => 'alg' in key),
      name !== 'entra',
    )

    const authorization = `Basic ${btoa('messages-machine:messages-machine-secret')}`
    const audience = name === 'auth0' ? { audience: data.identifier } : {}
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...audience })
    const init = { method: 'POST', headers: { authorization }, body }
    const response = await fetch(String(metadata['token_endpoint']), init)
    const { access_token: token } = (await response.json()) as { access_token: string }
    const headers = { authorization: `Bearer ${token}` }
    t.equal((await fetch(api + ADMIN, { headers })).status, 200, 'a machine with the permission')

    const call = await runCommand(callCommand, [ADMIN, '--as', 'admin'], sources)
    t.equal(call.exitCode, 0, call.err)
    const bound = await runCommand(callCommand, [ADMIN, '--as', 'admin', '--dpop'], sources)
    t.equal(bound.exitCode, 0, bound.err)
    await server.keys.refresh()
    const doctor = await runCommand(doctorCommand, [], sources)
    t.equal(doctor.exitCode, 0, doctor.out)
    t.match(doctor.out, `same issuer: ${tenant}`)

    const page = await (await fetch(`${origin}/console/overview`)).text()
    t.match(page, `<code>${tenant}</code>`)
    const row = (persona: string) => page.split('<tr').find((part) => part.includes(persona)) ?? ''
    t.match(row('Uma User'), /200.*200.*403/s)
    t.match(row('Ada Admin'), /200.*200.*200/s)
    const form = new URLSearchParams({ persona: 'admin', lifetime: '60', scope: 'openid' })
    const made = await fetch(`${origin}/console/tokens`, { method: 'POST', body: form })
    t.match(await made.text(), /200/)
  })
}

test('what is set for another provider is not used', async (t) => {
  const own = {
    ISSUER: 'https://keycloak.example/realms/main',
    JWKS_URI: 'https://keycloak.example/keys',
    AUDIENCE: 'https://api.example',
  }
  const asAuth0 = await development(t, own)
  t.equal(asAuth0.server.config.provider, 'auth0')
  t.equal(asAuth0.server.config.tokens.issuer, asAuth0.tenant)
  const domain = { AUTH0_DOMAIN: 'tenant.example', AUTH0_AUDIENCE: 'https://api.example' }
  const asKeycloak = await development(t, { ...own, PROVIDER: 'keycloak', ...domain, JWKS_URI: '' })
  t.match(asKeycloak.server.config, {
    provider: 'keycloak',
    tokens: { issuer: asKeycloak.tenant, audiences: [data.identifier] },
  })
  await t.rejects(development(t, { PROVIDER: 'ldap' }), {
    message: /PROVIDER is invalid.*keycloak/s,
  })
})
