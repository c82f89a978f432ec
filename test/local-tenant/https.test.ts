import { X509Certificate } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { main as token } from '../../src/cli/token.ts'
import { trustCertificate } from '../../src/config/tenant-port.ts'
import { runCommand } from '../support/command.ts'
import { development } from '../support/development.ts'
import { PROTECTED } from '../support/probe-routes.ts'
import { start } from '../support/process.ts'
import { redemption, requestToken, startTenant, visitor } from '../support/visitor.ts'

test('with TENANT_HTTPS, the API and the commands trust the certificate of the tenant', async (t) => {
  const { tenant, tenantPort, api, localTenant } = await development(t, { TENANT_HTTPS: 'true' })
  t.match(tenant, /^https:\/\/localhost:\d+\/$/)
  const sources = { TENANT_HTTPS: 'true', TENANT_PORT: tenantPort }
  const { out } = await runCommand(token, ['user'], [sources])
  const headers = { authorization: `Bearer ${out.trim()}` }
  t.equal((await fetch(`${api}${PROTECTED}`, { headers })).status, 200)

  mkdirSync(join(t.testdirName, '.local-tenant'))
  const file = '.local-tenant/certificate.pem'
  cpSync(join(t.testdirName, 'certificate.pem'), join(t.testdirName, file))
  t.equal(readFileSync(join(t.testdirName, file), 'utf8'), localTenant.certificate)
  const command = start(t, 'cli/main.ts', sources, ['token', 'user'])
  t.strictSame(await command.exit, { code: 0, signal: null }, command.output.stderr)
  t.match(command.output.stdout, /^eyJ/)

  const { answer, headers: response } = await visitor(tenant).logIn('user')
  t.match(response.getSetCookie()[0], /HttpOnly; Secure; SameSite=None/)
  const { body } = await requestToken(tenant, redemption(answer['code']))
  t.ok(body['access_token'])
  const form = { method: 'POST', body: new URLSearchParams({ persona: 'user' }) }
  const { origin } = new URL(tenant)
  const fromConsole = await fetch(`${origin}/console/tokens`, { ...form, headers: { origin } })
  t.equal(fromConsole.status, 200)
})

test('the certificate is for loopback, private, kept, and replaced before it ends', async (t) => {
  const directory = t.testdir()
  const run = async () => {
    const { app, certificate = '' } = await startTenant(t, { directory, https: true })
    await app.close()
    return certificate
  }
  const first = await run()
  const { subjectAltName, validTo } = new X509Certificate(first)
  t.equal(subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  t.equal(statSync(join(directory, 'certificate.json')).mode & 0o777, 0o600)
  t.equal(await run(), first)
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => Date.parse(validTo) - 60 * 60_000
  t.not(await run(), first)
})

test('a certificate is trusted at its origin only', async (t) => {
  const { issuer, certificate } = await startTenant(t, { https: true })
  await trustCertificate('https://localhost:1', String(certificate))
  await t.rejects(fetch(issuer), /fetch failed/)
  await trustCertificate(new URL(issuer).origin, String(certificate))
  t.equal((await fetch(`${issuer}.well-known/jwks.json`)).status, 200)
})

test('TENANT_HTTPS is true or false, and commands without the certificate fail', async (t) => {
  const invalid = start(t, 'cli/main.ts', { TENANT_HTTPS: 'yes' }, ['token', 'user'])
  await invalid.exit
  t.match(invalid.output.stderr, /TENANT_HTTPS is invalid/)
  const sources = { TENANT_HTTPS: 'true', TENANT_PORT: '1' }
  const { problem } = await runCommand(token, ['user'], [sources])
  t.match(problem, /does not answer at https:\/\/localhost:1\..*set TENANT_PORT and TENANT_HTTPS/)
  const untrusted = start(t, 'cli/main.ts', sources, ['token', 'user'])
  await untrusted.exit
  t.match(untrusted.output.stderr, 'does not answer at https://localhost:1')
})
