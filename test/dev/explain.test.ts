import { t, test } from 'tap'
import { development } from '../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { serve } from '../support/process.ts'
import { explain } from '../support/product/explain-command.ts'
import { useTestProject } from '../support/product/test-project.ts'
import { redemption, requestToken, visitor } from '../support/visitor.ts'

useTestProject(t)

async function personaToken(issuer: string, persona: string) {
  const grant_type = 'urn:local-tenant:grant-type:persona'
  return (await requestToken(issuer, { grant_type, persona })).body['access_token'] ?? ''
}

test('if no tenant is configured, tokens are verified for the server of npm run dev', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const user = await personaToken(issuer, 'user')

  const accepted = await explain([user], sources)
  t.equal(accepted.exitCode, 0)
  t.match(accepted.output, /✓ signature.*^Accepted$/ms)

  const denied = await explain(['--route', ADMIN], sources, `${user}\n`)
  t.equal(denied.exitCode, 1)
  t.match(denied.output, /✗ permissions.*expected: read:admin-messages.*Refused: 403/s)
  t.match(denied.output, /WWW-Authenticate: Bearer realm="api", error="insufficient_scope"/)

  const json = await explain(['--json', await personaToken(issuer, 'globex-member')], sources)
  t.match(JSON.parse(json.output), {
    result: 'refused',
    code: 'organization_unknown',
    answer: { status: 401, message: 'Bad credentials' },
  })
  t.match(
    (await explain(['--route', PUBLIC, user], sources)).output,
    /public: it does not check tokens/,
  )
  const [, , signature = ''] = user.split('.')
  for (const { output } of [accepted, denied, await explain(['--json', user], sources)]) {
    t.notOk(output.includes(signature), 'neither the token nor its signature is printed')
  }
})

test('other tokens of a login, sent by mistake', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const { logIn } = visitor(issuer)
  const { answer } = await logIn('user')
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const { answer: bare } = await visitor(issuer).logIn('user', { audience: undefined })
  const opaque = await requestToken(issuer, redemption(bare['code']))
  for (const [token = '', expected] of [
    [body['id_token'], /an ID token \(nonce\).*\(id_token\)/s],
    [body['refresh_token'], /a refresh token, which only the tenant accepts/],
    [opaque.body['access_token'], /opaque.*requested without an audience/],
  ] as const) {
    const { exitCode, output } = await explain([], sources, token)
    t.equal(exitCode, 1)
    t.match(output, expected)
  }
})

test('a pasted token can have other text around it', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const user = await personaToken(issuer, 'user')
  for (const around of [`Bearer ${user}`, `Authorization: Bearer ${user}`, `"${user}"`]) {
    t.equal((await explain([around], sources)).exitCode, 0)
  }
  t.equal((await explain(['bearer', user], sources)).exitCode, 0, 'in two arguments')
  const opaque = 'bA7opaque_-0123456789'
  for (const dashed of [[`-${opaque}`], ['Bearer', `-${opaque}`], [`--${opaque}`], ['--', '-x']]) {
    const { exitCode, output } = await explain(dashed, sources)
    t.equal(exitCode, 1, 'random tokens can begin with a dash')
    t.match(output, /✗ structure/)
  }
  for (const option of ['-h', '-json', '--jsn']) {
    t.rejects(explain([option, user], sources), /^Usage: /)
  }
})

test('the local tenant reports the configuration of its API during a fault', async (t) => {
  const { tenant: issuer } = await development(t)
  const user = await personaToken(issuer, 'user')
  const fault = (fault: string) =>
    fetch(`${issuer}local-tenant/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fault }),
    })
  await fault('down')
  const { exitCode } = await explain([user], [{ TENANT_PORT: new URL(issuer).port }])
  t.equal(exitCode, 2, 'its keys are unavailable')
  const other = new URL(await serve(t, (_request, response) => response.writeHead(500).end('{}')))
  t.rejects(explain([user], [{ TENANT_PORT: other.port }]), /No tenant is configured/)
})

test('with a whole URL as route, the organization of the subdomain is checked', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [
    { TENANT_PORT: new URL(issuer).port, ORGANIZATION_DOMAIN: 'api.test' },
    { ORGANIZATION_REQUIRED: 'false' },
  ]
  const route = `http://globex.api.test${PROTECTED}`
  const member = await personaToken(issuer, 'acme-member')
  const { output } = await explain(['--route', route, member], sources)
  t.match(output, /organization_not_admitted/)
})
