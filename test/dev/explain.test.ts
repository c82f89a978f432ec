import { text } from 'node:stream/consumers'
import { t, test } from 'tap'
import { main as doctor } from '../../src/cli/doctor.ts'
import { main } from '../../src/cli/explain.ts'
import { runCommand } from '../support/command.ts'
import { development } from '../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { serve } from '../support/process.ts'
import { explain } from '../support/product/explain-command.ts'
import { TEST_PROJECT, useTestProject } from '../support/product/test-project.ts'
import { token } from '../support/tokens/tokens.ts'
import { redemption, requestToken, startTenant, visitor } from '../support/visitor.ts'

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
  t.match(accepted.output, /^Accepted$.*✓ signature/ms)

  const denied = await explain(['--route', ADMIN], sources, `${user}\n`)
  t.equal(denied.exitCode, 1)
  t.match(denied.output, /Rejected: 403.*✗ permissions.*expected: read:admin-messages/s)
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

test('a URL with a host at which the server does not answer', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const user = await personaToken(issuer, 'user')
  const url = `https://other.test${PROTECTED}`
  for (const args of [
    ['--proof', 'x', '--url', url],
    ['--route', url],
  ]) {
    const { exitCode, output } = await explain(args, sources, user)
    t.equal(exitCode, 2)
    t.match(output, /^Not checked: 421 .* \(host_not_allowed\)\n.*ALLOWED_HOSTS/)
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
    [body['id_token'], /\(id_token\).*an ID token \(nonce\)/s],
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
  for (const option of ['-x', '-json', '--jsn']) {
    await t.rejects(explain([option, user], sources), /^Unknown option/)
  }
})

test('several words are a malformed header, and the check says the same', async (t) => {
  const { tenantPort, tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: tenantPort }]
  const user = await personaToken(issuer, 'user')
  for (const text of ['abc def', 'v1.abc def', 'a.b.c.d.e f', `${user} ${user}`, 'ab"c']) {
    const { exitCode, output } = await explain([text], sources)
    t.equal(exitCode, 1)
    t.match(
      output,
      /^Rejected: 400 .*\(authorization_malformed\)\n.*\nThe Authorization header must be/,
    )
    t.match(output, /✗ structure +several words, or characters that no token has\n/)
    t.notMatch(output, /opaque|refresh|damaged|encrypted/)
    const json = JSON.parse((await explain(['--json', text], sources)).output)
    t.match(json.checks[0], { code: json.code, advice: json.advice })
  }
})

async function fault(issuer: string, ...faults: string[]) {
  for (const fault of faults) {
    await fetch(`${issuer}local-tenant/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fault }),
    })
  }
}

test('the running server is asked, also during a fault of the tenant', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const user = await personaToken(issuer, 'user')
  t.equal((await explain([user], sources)).exitCode, 0)
  await fault(issuer, 'down')
  const { exitCode, output } = await explain([user], sources)
  t.equal(exitCode, 0, 'the running server has the keys')
  t.match(
    output,
    /does not give its keys now, so a server that starts now would answer 503 .*\(keys_unavailable\)\.\nThe local tenant fails on request\. Every request gets 503 for \d+ s\. To end it/,
  )
  t.notMatch(output, /the configuration are no longer/)
  const other = new URL(await serve(t, (_request, response) => response.writeHead(500).end('{}')))
  t.rejects(
    explain([user], [{ TENANT_PORT: other.port }]),
    /No tenant is configured .*, and the local tenant does not answer at /,
  )
})

test('after two rotations within the cooldown, it says what the running server answers, and why', async (t) => {
  const { tenant: issuer, api } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const call = async (token: string) => {
    const { status } = await fetch(api + PROTECTED, {
      headers: { authorization: `Bearer ${token}` },
    })
    return status
  }
  await fault(issuer, 'rotate', 'rotate')
  const unknown = await personaToken(issuer, 'user')
  t.equal(await call(unknown), 401)
  const { exitCode, output } = await explain([unknown], sources)
  t.equal(exitCode, 1)
  t.match(output, /Rejected: 401 Bad credentials \(unknown_key\)/)
  t.match(output, /fetched \d+ s ago.*wait \d+ s and send it again.*\(cooldown\)/s)
  t.match(output, /This is what the running server answers. One that starts now would accept it/)
  const json = JSON.parse((await explain(['--json', unknown], sources)).output)
  t.match(json, { code: 'unknown_key', freshAnswer: { status: 204 } })
})

test('with another tenant in .env, commands examine the server of npm run dev of their project', async (t) => {
  const { tenantPort, tenant: issuer } = await development(t)
  const sources = [
    {
      TENANT_PORT: tenantPort,
      AUTH0_DOMAIN: 'http://127.0.0.1:9',
      AUTH0_AUDIENCE: 'https://other.test',
      ORGANIZATION_REQUIRED: 'false',
    },
  ]
  const user = await personaToken(issuer, 'user')
  const { exitCode, out, err } = await runCommand(main, [user], sources)
  t.equal(exitCode, 0)
  t.match(out, 'Accepted')
  t.match(err, /server is that of npm run dev.*: AUTH0_DOMAIN, AUTH0_AUDIENCE of .* are not used/)
  const diagnosis = await runCommand(doctor, [], [{ ...sources[0], AUTH0_AUDIENCE: '' }])
  t.match(diagnosis.out, /^The server is that of npm run dev.*AUTH0_DOMAIN.* is not used/)
  t.match(diagnosis.out, `issuer        ${issuer}`)
})

test('what listens at the port of the local tenant does not get the client secret of another one', async (t) => {
  const received: string[] = []
  const origin = await serve(t, async (request, response) => {
    received.push(String(request.url), await text(request))
    const endpoints = { authorization_endpoint: origin, token_endpoint: origin }
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        project: TEST_PROJECT.directory,
        defaults: {},
        variables: { AUTH0_DOMAIN: origin },
        ignored: ['SESSION_SECRET'],
        api: { url: 'no URL' },
        ...endpoints,
      }),
    )
  })
  const own = {
    TENANT_PORT: new URL(origin).port,
    AUTH0_DOMAIN: 'tenant.example',
    AUTH0_AUDIENCE: 'https://other.test',
    AUTH0_CLIENT_ID: 'client',
    AUTH0_CLIENT_SECRET: 'secret-of-the-other-tenant',
    SESSION_SECRET: 'x'.repeat(32),
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const { out } = await runCommand(doctor, [], [own])
  t.match(out, /AUTH0_CLIENT_SECRET/)
  t.ok(received.includes('/local-tenant/environment'))
  t.notMatch(received.join('\n'), /secret-of-the-other/)
})

test('the server of another project is not examined', async (t) => {
  const project = { ...TEST_PROJECT, directory: '/elsewhere' }
  const { tenantPort, tenant: issuer } = await development(t, {}, project)
  const configured = {
    TENANT_PORT: tenantPort,
    AUTH0_DOMAIN: 'http://127.0.0.1:9',
    AUTH0_AUDIENCE: 'https://other.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
  }
  const token = await personaToken(issuer, 'user')
  const { exitCode, output } = await explain([token], [configured])
  t.equal(exitCode, 1)
  t.match(output, 'expected: http://127.0.0.1:9/')
})

test('the token of another tenant is not sent to the local one', async (t) => {
  const asked: string[] = []
  const listener = await serve(t, ({ url = '' }, response) => {
    asked.push(url)
    const environment = {
      project: TEST_PROJECT.directory,
      defaults: { CLIENT_ORIGIN_URL: 'http://localhost:4040' },
      variables: { AUTH0_DOMAIN: 'http://127.0.0.1:9', AUTH0_AUDIENCE: 'https://api.test' },
      ignored: ['SESSION_SECRET'],
    }
    response.end(url.endsWith('environment') ? JSON.stringify(environment) : '{}')
  })
  const sources = [{ TENANT_PORT: new URL(listener).port }]
  const { output } = await explain([token({ iss: 'https://real.test/' })], sources)
  t.match(output, /issuer_mismatch/)
  t.notMatch(asked.join(), 'decisions')
  const odd = await explain([token({ iss: 'http://127.0.0.1:9/' })], sources)
  t.match(asked.join(), 'decisions')
  t.notMatch(odd.output, 'undefined', 'an answer that is not one is not used')
})

test('the local tenant answers only requests with JSON, and only with an API', async (t) => {
  const { issuer } = await startTenant(t)
  const request = { method: 'GET', path: '/', host: 'localhost', token: 'x' }
  const ask = (type: string) =>
    fetch(`${issuer}local-tenant/decisions`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(request),
    })
  t.equal((await ask('text/plain')).status, 415)
  t.equal((await ask('application/json')).status, 503)
})

test('a method that no server knows does not end the server', async (t) => {
  const { tenant: issuer } = await development(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const ask = (change: object) =>
    fetch(`${issuer}local-tenant/decisions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ method: 'GET', path: '/', host: 'localhost', token: 'x', ...change }),
    })
  t.equal((await ask({ method: 'NO-METHOD' })).status, 400)
  t.equal((await ask({ path: '' })).status, 400)
  t.equal((await ask({ path: PROTECTED })).status, 200)
  await t.rejects(explain(['--method', 'NO-METHOD', 'x.y.z'], sources), /no such route.*admin/)
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
