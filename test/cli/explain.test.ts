import { test } from 'tap'
import { main } from '../../src/cli/explain.ts'
import { explanationReport } from '../../src/cli/support/explanation-report.ts'
import type { Environment } from '../../src/config/environment.ts'
import { product } from '../../src/product.ts'
import { runCommand } from '../support/command.ts'
import { development } from '../support/development.ts'
import { logSink } from '../support/log-sink.ts'
import { serve, start } from '../support/process.ts'
import { token as otherToken } from '../support/tokens/tokens.ts'
import { redemption, requestToken, visitor } from '../support/visitor.ts'

/** Runs the command, and throws its error. */
async function explain(
  args: readonly string[],
  sources: readonly Environment[],
  input = '',
  isTTY = false,
) {
  const { exitCode, out, problem } = await runCommand(main, args, sources, { input, isTTY })
  if (problem !== undefined) throw new Error(problem)
  return { exitCode, output: out }
}

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

  const denied = await explain(['--route', '/api/messages/admin'], sources, `${user}\n`)
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
    (await explain(['--route', '/api/messages/public', user], sources)).output,
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

test('exit code 2 if the token cannot be checked', async (t) => {
  const configured = {
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const token = otherToken({ iss: 'http://127.0.0.1:9/', iat: 1, exp: 4e9 })
  const unavailable = await explain([token], [configured])
  t.equal(unavailable.exitCode, 2)
  t.match(unavailable.output, /– key +not checked.*Not checked: 503.*npm run doctor/s)
  t.rejects(explain([], [configured]), /^Usage: /)
  t.rejects(explain([], [configured], 'never read', true), /^Usage: /)
  t.rejects(explain(['--route', '/x', token], [configured]), /no such route.*admin/)
  const secret = explain(['--route', `/${token}`, token], [configured])
  t.notMatch(await secret.catch(({ message }) => message), token, 'arguments are never repeated')
  t.rejects(explain([`--${token}`], [configured]), /^Usage: /)
  t.rejects(explain(['--route', 'http://', token], [configured]), /^Usage: /)
  t.rejects(explain(['--route', '//x/api/messages/admin', token], [configured]), /no such route/)
  const large = await explain(['x'.repeat(20_000)], [configured])
  t.match(large.output, /Refused: 431 .*\(token_too_large\)/)
  t.rejects(explain([token], [{ ...configured, PORT: 'x' }]), /PORT is invalid/)
  t.rejects(explain([token], [{ TENANT_PORT: '9' }]), /No tenant is configured/)
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
  const route = 'http://globex.api.test/api/messages/protected'
  const member = await personaToken(issuer, 'acme-member')
  const { output } = await explain(['--route', route, member], sources)
  t.match(output, /organization_not_admitted/)
})

test('as a program: the token from standard input, no colours in a pipe', async (t) => {
  const environment = {
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const program = start(t, 'cli/main.ts', environment, ['explain'])
  program.input('opaque\n')
  t.match(await program.exit, { code: 1 })
  t.match(program.output.stdout, /^✗ structure/)
  t.notOk(program.output.stdout.includes('\u001b'))
  const unconfigured = start(t, 'cli/main.ts', { TENANT_PORT: '9' }, ['explain', 'x'])
  t.match(await unconfigured.exit, { code: 2 })
  t.match(unconfigured.output.stderr, /No tenant is configured/)
  const coloured = start(t, 'cli/main.ts', { ...environment, FORCE_COLOR: '1' }, ['explain', 'x'])
  await coloured.exit
  t.match(coloured.output.stdout, '\u001b[31m✗')
})

test('the log says the same, outside production', async (t) => {
  const { log, destination } = logSink()
  const { startServer } = await import('../../src/server.ts')
  const configured = {
    AUTH0_DOMAIN: 'tenant.test',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    PORT: '0',
    HOST: 'localhost',
  }
  for (const NODE_ENV of ['development', 'production']) {
    const { app } = await startServer(product, [configured, { NODE_ENV }], { logTo: destination })
    t.teardown(() => app.close())
    const headers = { authorization: 'Bearer opaque' }
    await app.inject({ url: '/api/messages/protected', headers })
  }
  const refusals = log.filter(({ refusal }) => refusal === 'token_malformed')
  t.match(refusals[0]?.['hint'], /^It is opaque: .*audience=https:\/\/api\.test\.$/)
  t.equal(refusals[1]?.['hint'], undefined)
})

test('a check of the product is named, since it needs a real request', async (t) => {
  const answer = { status: 204, message: '' }
  const report = explanationReport({
    result: 'accepted',
    answer,
    pendingCheck: 'ownsIt',
    checks: [],
  })
  t.match(report, /ownsIt needs a real request: not checked/)
})
