import { t, test } from 'tap'
import { explanationReport } from '../../src/cli/support/explanation-report.ts'
import { startServer } from '../../src/server.ts'
import { logSink } from '../support/log-sink.ts'
import { ADMIN, PROBE_SERVER, PROTECTED } from '../support/probe-routes.ts'
import { serve, start } from '../support/process.ts'
import { explain } from '../support/product/explain-command.ts'
import { testProjectDirectory, useTestProject } from '../support/product/test-project.ts'
import { KEY } from '../support/tokens/keys.ts'
import { boundToken, proofFor } from '../support/tokens/proofs.ts'
import { token as otherToken } from '../support/tokens/tokens.ts'

useTestProject(t)

test('exit code 2 if the token cannot be checked', async (t) => {
  const configured = {
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const token = otherToken({ iss: 'http://127.0.0.1:9/', iat: 1, exp: 4e9 })
  const unavailable = await explain([token], [configured])
  t.equal(unavailable.exitCode, 2)
  t.match(unavailable.output, /^Not checked: 503.*npm run doctor.*– key +not checked/s)
  t.rejects(explain([], [configured]), /^Missing token\.$/)
  t.rejects(explain([], [configured], 'never read', true), /^Missing token\.$/)
  t.rejects(explain(['--route', '/x', token], [configured]), /no such route.*admin/)
  const secret = explain(['--route', `/${token}`, token], [configured])
  t.notMatch(await secret.catch(({ message }) => message), token, 'arguments are never repeated')
  t.rejects(explain([`--${token}`], [configured]), /^Unknown option\.$/)
  t.rejects(explain(['--route', 'http://', token], [configured]), /^--route is not a path/)
  t.rejects(explain(['--route', `//x${ADMIN}`, token], [configured]), /no such route/)
  const large = await explain(['x'.repeat(20_000)], [configured])
  t.match(large.output, /Rejected: 431 .*\(token_too_large\)/)
  t.rejects(explain([token], [{ ...configured, PORT: 'x' }]), /PORT is invalid/)
  // #region local-tenant
  t.rejects(explain([token], [{ TENANT_PORT: '9' }]), /No tenant is configured/)
  // #endregion local-tenant
})

test('a token with its proof, and the URL that the client called', async (t) => {
  const tenant = await serve(t, (_request, response) => {
    response.end(JSON.stringify({ keys: [KEY.jwk] }))
  })
  const now = Date.now() / 1000
  const times = { iat: now - 1, exp: now + 600 }
  const bearer = boundToken({ iss: `${tenant}/`, ...times, permissions: [] })
  const configured = {
    AUTH0_DOMAIN: tenant,
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const url = `https://api.example.com/v1${PROTECTED}`
  const proof = proofFor(bearer, { claims: { htu: url, iat: now } })
  const call = (environment: Record<string, string>, ...args: string[]) =>
    explain([...args, bearer], [{ ...configured, ...environment }])
  const bound = ['--proof', `DPoP: ${proof}`, '--url', `${url}?a=b`]

  const bare = await call({})
  t.equal(bare.exitCode, 1)
  t.match(bare.output, /token_needs_dpop.*explain --proof <value of the DPoP header>/s)
  t.notMatch((await call({}, '--json')).output, '--proof')

  const PUBLIC_URL = 'https://api.example.com/v1'
  const accepted = await call({ PUBLIC_URL }, ...bound)
  t.match(accepted, { exitCode: 0, output: /^Accepted$.*✓ proof signature/ms })
  t.notOk(accepted.output.includes(String(proof.split('.')[2])))
  await t.rejects(call({ PUBLIC_URL }, '--proof', proof, '--url', PUBLIC_URL), /no such route/)

  const direct = `https://api.example.com${PROTECTED}`
  const other = proofFor(bearer, { claims: { htu: direct, iat: now } })
  const behindTls = ['--proof', other, '--url', direct]
  t.match(await call({}, ...behindTls), {
    exitCode: 1,
    output: /PUBLIC_URL=https:\/\/api\.example\.com.*✗ htu.*expected: http:\/\/api\.example\.com/s,
  })
  for (const TRUST_PROXY of ['loopback', '10.0.0.0/8']) {
    t.match(await call({ TRUST_PROXY }, ...behindTls), { exitCode: 0 }, TRUST_PROXY)
  }

  const scheme = await explain(['--url', direct, `DPoP ${bearer}`], [configured])
  t.match(scheme.output, /dpop_proof_missing.*createFetcher sends proofs only if.*✗ proof +none/s)
  for (const args of [
    ['--proof', proof],
    ['--url', PROTECTED],
    ['--proof', proof, '--url', 'x'],
  ]) {
    await t.rejects(call({}, ...args), /--url/)
  }
})

test('as a program: the token from standard input, no colours in a pipe', async (t) => {
  const environment = {
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  testProjectDirectory(t)
  const program = start(t, 'cli/main.ts', environment, ['explain'])
  program.input('opaque\n')
  t.match(await program.exit, { code: 1 })
  t.match(program.output.stdout, /^Rejected: .*^✗ structure/ms)
  t.notOk(program.output.stdout.includes('\u001b'))
  // #region local-tenant
  const unconfigured = start(t, 'cli/main.ts', { TENANT_PORT: '9' }, ['explain', 'x'])
  t.match(await unconfigured.exit, { code: 2 })
  t.match(unconfigured.output.stderr, /No tenant is configured/)
  // #endregion local-tenant
  const coloured = start(t, 'cli/main.ts', { ...environment, FORCE_COLOR: '1' }, ['explain', 'x'])
  await coloured.exit
  t.match(coloured.output.stdout, '\u001b[31m✗')
})

test('the log says the same, outside production', async (t) => {
  const { log, destination } = logSink()
  const configured = {
    AUTH0_DOMAIN: 'tenant.test',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    PORT: '0',
    HOST: 'localhost',
    MAX_EVENT_LOOP_DELAY: '0',
  }
  for (const NODE_ENV of ['development', 'production']) {
    const { app } = await startServer(PROBE_SERVER, [configured, { NODE_ENV }], {
      logTo: destination,
    })
    t.teardown(() => app.close())
    const headers = { authorization: 'Bearer opaque' }
    await app.inject({ url: PROTECTED, headers })
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
  const text = report.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  t.match(text.join('\n'), /ownsIt needs a real request: not checked/)
  t.match(report, [[{ text: 'Accepted, if ownsIt allows it' }], '', /public/, /ownsIt/])
})
