import { Readable } from 'node:stream'
import { test } from 'tap'
import { main } from '../../src/cli/explain.ts'
import { logSink, token as otherToken } from '../support/app.ts'
import { development } from '../support/development.ts'
import { serve, start } from '../support/process.ts'
import { redemption, requestToken, visitor } from '../support/visitor.ts'

const nobody = Readable.from([])

async function personaToken(issuer: string, persona: string) {
  const grant_type = 'urn:local-tenant:grant-type:persona'
  return (await requestToken(issuer, { grant_type, persona })).body['access_token'] ?? ''
}

test('tokens of the local tenant are judged as npm run dev does, where no tenant is configured', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const judge = (args: string[], input = nobody) => main(args, sources, input)
  const user = await personaToken(issuer, 'user')

  const accepted = await judge([user])
  t.equal(accepted.exitCode, 0)
  t.match(accepted.output, /✓ signature.*Accepted: 200 The API successfully validated/s)

  const denied = await judge(['--route', '/api/messages/admin'], Readable.from([`${user}\n`]))
  t.equal(denied.exitCode, 1)
  t.match(denied.output, /✗ permissions.*expected: read:admin-messages.*Refused: 403/s)
  t.match(denied.output, /WWW-Authenticate: Bearer realm="api", error="insufficient_scope"/)

  const json = await judge(['--json', await personaToken(issuer, 'globex-member')])
  t.match(JSON.parse(json.output), {
    verdict: 'refused',
    code: 'organization_unknown',
    answer: { status: 401, message: 'Bad credentials' },
  })
  t.match((await judge(['--route', '/api/messages/public', user])).output, /public: no token is/)
  const [, , signature = ''] = user.split('.')
  for (const { output } of [accepted, denied, await judge(['--json', user])]) {
    t.notOk(output.includes(signature), 'neither the token nor its signature is printed')
  }
})

test('what a login gives besides the access token, by mistake', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const { logIn } = visitor(issuer)
  const { answer } = await logIn('user')
  const { body } = await requestToken(issuer, redemption(answer['code']))
  const { answer: bare } = await visitor(issuer).logIn('user', { audience: undefined })
  const opaque = await requestToken(issuer, redemption(bare['code']))
  for (const [token = '', expected] of [
    [body['id_token'], /an ID token \(nonce\).*\(id_token\)/s],
    [body['refresh_token'], /a refresh token: it is for the tenant alone/],
    [opaque.body['access_token'], /opaque.*without an audience/],
  ] as const) {
    const { exitCode, output } = await main([], sources, Readable.from([token]))
    t.equal(exitCode, 1)
    t.match(output, expected)
  }
})

test('what people paste around a token is understood', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const user = await personaToken(issuer, 'user')
  for (const around of [`Bearer ${user}`, `Authorization: Bearer ${user}`, `"${user}"`]) {
    t.equal((await main([around], sources, nobody)).exitCode, 0)
  }
  t.equal((await main(['bearer', user], sources, nobody)).exitCode, 0, 'in two arguments')
  const opaque = 'bA7opaque_-0123456789'
  for (const dashed of [[`-${opaque}`], ['Bearer', `-${opaque}`], [`--${opaque}`], ['--', '-x']]) {
    const { exitCode, output } = await main(dashed, sources, nobody)
    t.equal(exitCode, 1, 'random tokens can begin with a dash')
    t.match(output, /✗ structure/)
  }
  for (const option of ['-h', '-json', '--jsn']) {
    t.rejects(main([option, user], sources, nobody), /^Usage: /)
  }
})

test('what cannot be judged is said, with exit code 2', async (t) => {
  const configured = {
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const token = otherToken({ iss: 'http://127.0.0.1:9/', iat: 1, exp: 4e9 })
  const dark = await main([token], [configured], nobody)
  t.equal(dark.exitCode, 2)
  t.match(dark.output, /– key +not judged.*Not judged: 503.*npm run doctor/s)
  t.rejects(main([], [configured], nobody), /^Usage: /)
  const person = Object.assign(Readable.from(['never read']), { isTTY: true })
  t.rejects(main([], [configured], person), /^Usage: /)
  t.rejects(main(['--route', '/x', token], [configured], nobody), /no such route.*admin/)
  const secret = main(['--route', `/${token}`, token], [configured], nobody)
  t.notMatch(await secret.catch(({ message }) => message), token, 'nothing given is shown again')
  t.rejects(main([`--${token}`], [configured], nobody), /^Usage: /)
  t.rejects(main(['--route', 'http://', token], [configured], nobody), /^Usage: /)
  t.rejects(
    main(['--route', '//x/api/messages/admin', token], [configured], nobody),
    /no such route/,
  )
  const large = await main(['x'.repeat(20_000)], [configured], nobody)
  t.match(large.output, /Refused: 431 .*\(token_too_large\)/)
  t.rejects(main([token], [{ ...configured, PORT: 'x' }], nobody), /PORT is invalid/)
  t.rejects(main([token], [{ TENANT_PORT: '9' }], nobody), /No tenant is configured/)
})

test('a tenant in trouble goes on telling what its API is configured with', async (t) => {
  const { tenant: issuer } = await development(t)
  const user = await personaToken(issuer, 'user')
  const fault = (fault: string) =>
    fetch(`${issuer}local-tenant/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fault }),
    })
  await fault('down')
  const { exitCode } = await main([user], [{ TENANT_PORT: new URL(issuer).port }], nobody)
  t.equal(exitCode, 2, 'its keys are not to be had')
  const other = new URL(await serve(t, (_request, response) => response.writeHead(500).end('{}')))
  t.rejects(main([user], [{ TENANT_PORT: other.port }], nobody), /No tenant is configured/)
})

test('an organization that a subdomain stands for is judged by the whole URL', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [
    { TENANT_PORT: new URL(issuer).port, ORGANIZATION_DOMAIN: 'api.test' },
    { ORGANIZATION_REQUIRED: 'false' },
  ]
  const route = 'http://globex.api.test/api/messages/protected'
  const member = await personaToken(issuer, 'acme-member')
  const { output } = await main(['--route', route, member], sources, nobody)
  t.match(output, /organization_not_admitted/)
})

test('as a program: the token from standard input, no colours in a pipe', async (t) => {
  const environment = {
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const program = start(t, 'cli/explain.ts', environment)
  program.input('opaque\n')
  t.match(await program.exit, { code: 1 })
  t.match(program.output.stdout, /^✗ structure/)
  t.notOk(program.output.stdout.includes('\u001b'))
  const lost = start(t, 'cli/explain.ts', { TENANT_PORT: '9' }, ['x'])
  t.match(await lost.exit, { code: 2 })
  t.match(lost.output.stderr, /No tenant is configured/)
  const coloured = start(t, 'cli/explain.ts', { ...environment, FORCE_COLOR: '1' }, ['x'])
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
    const { app } = await startServer([configured, { NODE_ENV }], destination)
    t.teardown(() => app.close())
    const headers = { authorization: 'Bearer opaque' }
    await app.inject({ url: '/api/messages/protected', headers })
  }
  const refusals = log.filter(({ refusal }) => refusal === 'token_malformed')
  t.match(refusals[0]?.['hint'], /^It is opaque: .*audience=https:\/\/api\.test\.$/)
  t.equal(refusals[1]?.['hint'], undefined)
})
