import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { type Test, test } from 'tap'
import { main as faultCommand } from '../../src/cli/tenant.ts'
import { main as token } from '../../src/cli/token.ts'
import { createConsoleApi } from '../../src/dev/console-api.ts'
import { greeting } from '../../src/dev/greeting.ts'
import { startDevelopment } from '../../src/dev/start-development.ts'
import { api, personas } from '../../src/local-tenant/directory/data.ts'
import { startLocalTenant } from '../../src/local-tenant/local-tenant.ts'
import { runCommand } from '../support/command.ts'
import { development } from '../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { serve } from '../support/process.ts'
import { writeTenantKeys } from '../support/tokens/key-cache.ts'
import { startTenant } from '../support/visitor.ts'

async function tenant(t: Test, directory = t.testdir()) {
  await writeTenantKeys(directory)
  const started = await startLocalTenant({ port: 0, directory, environment: 'development' })
  t.teardown(() => started.app.close())
  return started
}

interface TokenAnswer {
  readonly access_token: string
}

/** Asks the token endpoint, with a form unless the body is JSON text. */
async function ask(issuer: string, body: Record<string, string> | string, authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  if (typeof body === 'string') headers['content-type'] = 'application/json'
  const response = await fetch(`${issuer}oauth/token`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : new URLSearchParams(body),
  })
  const answer = (await response.json()) as TokenAnswer
  return { status: response.status, headers: response.headers, body: answer }
}

const MACHINE = { client_id: 'messages-machine', client_secret: 'messages-machine-secret' }
const CREDENTIALS = { grant_type: 'client_credentials', audience: api.identifier }
const PERSONA = { grant_type: 'urn:local-tenant:grant-type:persona' }

test('discovery and the key set', async (t) => {
  const { issuer } = await tenant(t)
  t.match(issuer, /^http:\/\/localhost:\d+\/$/)
  const metadata = (await (await fetch(`${issuer}.well-known/openid-configuration`)).json()) as {
    jwks_uri: string
  }
  t.match(metadata, {
    issuer,
    token_endpoint: `${issuer}oauth/token`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    id_token_signing_alg_values_supported: ['HS256', 'RS256'],
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    authorization_response_iss_parameter_supported: true,
  })
  const same = await fetch(`${issuer}.well-known/oauth-authorization-server`)
  t.strictSame(await same.json(), metadata, 'the name of RFC 8414')
  const response = await fetch(metadata.jwks_uri)
  t.equal(response.headers.get('cache-control'), 'public, max-age=15')
  const { keys } = (await response.json()) as { keys: object[] }
  t.equal(keys.length, 2, 'the next key is published already')
  for (const key of keys) {
    t.strictSame(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'], 'nothing private')
  }
})

test('tokens of personas have the claims of a real tenant', async (t) => {
  const { issuer } = await tenant(t)
  const keySet = createRemoteJWKSet(new URL(`${issuer}.well-known/jwks.json`))
  const expected = {
    user: { permissions: [] },
    admin: { permissions: ['read:admin-messages'] },
    'acme-member': { permissions: [], org_id: 'org_acme', org_name: 'acme' },
    'acme-admin': { permissions: ['read:admin-messages'], org_id: 'org_acme', org_name: 'acme' },
    'globex-member': { permissions: [], org_id: 'org_globex', org_name: 'globex' },
  }
  t.strictSame(
    Object.keys(expected),
    personas.map(({ name }) => name),
  )
  for (const [persona, claims] of Object.entries(expected)) {
    const { status, body, headers } = await ask(issuer, { ...PERSONA, persona })
    t.match([status, body], [200, { token_type: 'Bearer', expires_in: 86_400 }])
    t.equal(headers.get('cache-control'), 'no-store')
    const { payload, protectedHeader } = await jwtVerify(body.access_token, keySet)
    t.match(protectedHeader, { alg: 'RS256', typ: 'JWT', kid: /^[\w-]{43}$/ })
    const { iat = 0, exp = 0, ...rest } = payload
    t.equal(exp - iat, 86_400)
    t.strictSame(rest, {
      iss: issuer,
      sub: `local|${persona}`,
      aud: [api.identifier, `${issuer}userinfo`],
      azp: 'messages-spa',
      scope: 'openid profile email',
      ...claims,
    })
  }
})

test('client credentials, by body or Basic, form or JSON', async (t) => {
  const { issuer } = await tenant(t)
  const basic = `Basic ${Buffer.from('messages-machine:messages%2Dmachine-secret').toString('base64')}`
  const answers = [
    await ask(issuer, { ...CREDENTIALS, ...MACHINE }),
    await ask(issuer, { ...MACHINE, grant_type: 'client_credentials', resource: api.identifier }),
    await ask(issuer, JSON.stringify({ ...CREDENTIALS, ...MACHINE })),
    await ask(issuer, CREDENTIALS, basic),
  ]
  for (const { status, body } of answers) {
    t.equal(status, 200)
    t.match(decodeJwt(body.access_token), {
      sub: 'messages-machine@clients',
      aud: api.identifier,
      azp: 'messages-machine',
      gty: 'client-credentials',
      permissions: ['read:admin-messages'],
    })
  }
})

test('errors of the token endpoint', async (t) => {
  const { issuer } = await tenant(t)
  const cases: [string, number, Record<string, string> | string, string?][] = [
    ['invalid_request', 400, {}],
    ['invalid_request', 400, '{'],
    ['invalid_request', 400, 'null'],
    ['invalid_request', 400, JSON.stringify({ grant_type: ['client_credentials'] })],
    ['invalid_request', 400, { grant_type: 'client_credentials', ...MACHINE }],
    ['unsupported_grant_type', 400, { grant_type: 'password' }],
    ['unsupported_grant_type', 400, { grant_type: 'constructor' }],
    ['access_denied', 401, CREDENTIALS],
    ['access_denied', 401, { ...CREDENTIALS, ...MACHINE, client_secret: 'wrong' }],
    ['access_denied', 401, { ...CREDENTIALS, ...MACHINE, client_id: 'nobody' }],
    ['access_denied', 401, { ...CREDENTIALS, client_id: 'messages-spa', client_secret: 'x' }],
    ['unauthorized_client', 400, { ...CREDENTIALS, client_id: 'messages-spa' }],
    ['access_denied', 401, CREDENTIALS, `Basic ${Buffer.from('no colon').toString('base64')}`],
    [
      'unauthorized_client',
      400,
      { ...CREDENTIALS, client_id: 'messages-web', client_secret: 'messages-web-secret' },
    ],
    ['access_denied', 403, { ...CREDENTIALS, ...MACHINE, audience: 'https://other.test' }],
    ['invalid_grant', 400, { ...PERSONA, persona: 'nobody' }],
  ]
  for (const [error, status, body, authorization] of cases) {
    const answer = await ask(issuer, body, authorization)
    t.match(answer, { status, body: { error, error_description: String } }, error)
    t.equal(answer.headers.has('www-authenticate'), status === 401)
  }
})

test('an internal error shows no details', async (t) => {
  const { app, issuer } = await tenant(t, t.testdir())
  const original = app.server.address.bind(app.server)
  app.server.address = () => {
    throw new Error('inside')
  }
  t.teardown(() => Object.assign(app.server, { address: original }))
  const { status, body } = await ask(issuer, { ...PERSONA, persona: 'user' })
  t.match([status, body], [500, { error: 'server_error' }])
  t.notMatch(JSON.stringify(body), 'inside')
})

test('the signing key survives a restart, and only its owner can read it', async (t) => {
  const directory = join(t.testdir(), 'state')
  const kid = async () => {
    const { app, issuer } = await startLocalTenant({
      port: 0,
      directory,
      environment: 'development',
    })
    const { body } = await ask(issuer, { ...PERSONA, persona: 'user' })
    await app.close()
    return decodeProtectedHeader(body.access_token).kid
  }
  const first = await kid()
  t.equal(await kid(), first)
  const file = join(directory, 'signing-keys.json')
  t.equal(statSync(file).mode & 0o777, 0o600)
  writeFileSync(file, 'broken')
  await t.rejects(kid(), /Delete .*signing-keys\.json to start with new ones/)
})

test('faults on request', async (t) => {
  const { issuer } = await tenant(t)
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  const command = async (...args: string[]) => {
    return (await runCommand(faultCommand, args, sources)).out
  }
  const kids = async () => {
    const { keys } = (await (await fetch(`${issuer}.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[]
    }
    return keys.map(({ kid }) => kid)
  }
  const signer = async () => {
    const { body } = await ask(issuer, { ...PERSONA, persona: 'user' })
    return decodeProtectedHeader(body.access_token).kid
  }
  const [current, next] = await kids()
  t.equal(await signer(), current)
  t.match(await command('rotate'), /^The tenant signs with /)
  t.equal(await signer(), next, 'the key that was published before')
  t.ok((await kids()).includes(String(current)), 'the old key is published still')
  await command('withdraw')
  t.notOk((await kids()).includes(String(current)))

  await command('down', '1000s')
  t.equal((await fetch(`${issuer}.well-known/jwks.json`)).status, 503)
  await command('up')
  await command('slow', '1')
  const before = Date.now()
  await kids()
  t.ok(Date.now() - before >= 990, 'as late as asked for')
  await command('up')

  const foreign = await fetch(`${issuer}local-tenant/faults`, {
    method: 'POST',
    body: new URLSearchParams({ fault: 'down', seconds: '10' }),
  })
  t.equal(foreign.status, 415, 'what a form on any page can send')
  const { problem } = await runCommand(faultCommand, ['down', '9999s'], sources)
  t.match(problem, 'at most 3600s')

  for (const [args, expected] of [
    [[], 'Missing subcommand.'],
    [['explode'], 'Unknown subcommand "explode".'],
    [['down', 'soon'], 'The duration must be in seconds, such as 10s, and at most 3600s.'],
    [['up', '3s'], 'Unexpected argument "3s".'],
  ] as const) {
    const { problem } = await runCommand(faultCommand, args, sources)
    t.equal(problem, expected)
  }
  const down = await runCommand(faultCommand, ['up'], [{ TENANT_PORT: '1' }])
  t.match(down.problem, /does not answer at .* Start it with npm run dev/)
})

test('it starts only in development and test', async (t) => {
  for (const environment of ['production', ' Production', 'PRODUCTION', 'staging', 'prod']) {
    const start = startLocalTenant({ port: 0, directory: t.testdir(), environment })
    await t.rejects(start, /for development: it does not start in (production|staging|prod)\./)
  }
  await startTenant(t, { environment: 'Test' })
})

test('development: the tenant, the server, and the token command', async (t) => {
  const { localTenant: tenant, server, tenantPort } = await development(t)
  const sources = [{ TENANT_PORT: tenantPort }]
  t.match(tenant.directory.clients.get('messages-web'), {
    initiateLoginUri: `http://localhost:${server.port}/login`,
    backchannelLogoutUri: `http://localhost:${server.port}/backchannel-logout`,
  })

  const status = async (path: string, bearer: string) => {
    const headers = { authorization: `Bearer ${bearer}` }
    return (await fetch(`http://localhost:${server.port}${path}`, { headers })).status
  }
  const expected: Record<string, [number, number]> = {
    user: [200, 403],
    admin: [200, 200],
    'acme-member': [200, 403],
    'acme-admin': [200, 200],
    'globex-member': [401, 401],
  }
  for (const [persona, statuses] of Object.entries(expected)) {
    const { out } = await runCommand(token, [persona], sources)
    const bearer = out.trim()
    t.strictSame([await status(PROTECTED, bearer), await status(ADMIN, bearer)], statuses, persona)
  }

  for (const args of [['nobody'], []]) {
    const { problem } = await runCommand(token, args, sources)
    t.match(problem, /Unknown persona\. Available: user, admin, acme-member/)
  }

  const options = {
    apiUrl: `http://localhost:${server.port}`,
    tenant,
    routes: createConsoleApi(server, '/').policies,
    unused: [],
    hasBrowserLogin: true,
    scripts: ['token'],
  }
  const text = greeting(options)
  for (const persona of Object.keys(expected)) t.match(text, new RegExp(`^ +${persona} `, 'm'))
  t.match(text, `curl http://localhost:${server.port}${PUBLIC}`)
  t.match(text, `TOKEN=$(TENANT_PORT=${tenantPort} npm run --silent token -- admin)\n`)
  const call = `curl -H "Authorization: Bearer $TOKEN" http://localhost:${server.port}${ADMIN}\n`
  t.match(text.replaceAll(' \\\n      ', ' '), call)
  const usualPort = { ...tenant, issuer: 'http://localhost:6061/' }
  t.match(greeting({ ...options, tenant: usualPort }), '$(npm run --silent token -- admin)')

  await tenant.app.close()
  const { problem } = await runCommand(token, ['user'], sources)
  t.match(problem, /does not answer at .* Start it with npm run dev/)
})

test('another server on the port of the tenant is reported', async (t) => {
  for (const text of ['<html>', '{}']) {
    const port = new URL(await serve(t, (_request, response) => response.end(text))).port
    const { problem } = await runCommand(token, ['user'], [{ TENANT_PORT: port }])
    t.match(problem, /^The server at http:\/\/localhost:\d+ is not a tenant/)
  }
  for (const TENANT_PORT of ['abc', '99999', '-1']) {
    const { problem } = await runCommand(token, ['user'], [{ TENANT_PORT }])
    t.match(problem, /TENANT_PORT is invalid/)
  }
})

test('development: the port of the tenant is in use', async (t) => {
  const port = new URL(await serve(t, (_request, response) => response.end())).port
  const start = startDevelopment([{ PORT: '0', TENANT_PORT: port }], t.testdir())
  await t.rejects(start, /^Port \d+ is in use\. .* set TENANT_PORT to another port\.$/)
})

test('development: the port of the server is in use, and the tenant is closed', async (t) => {
  const directory = t.testdir()
  const { issuer } = await tenant(t, directory)
  const start = startDevelopment(
    [{ PORT: new URL(issuer).port, TENANT_PORT: '0', LOG_LEVEL: 'silent' }],
    directory,
  )
  await t.rejects(start, /^Port \d+ is in use\. .* set PORT to another port\.$/)
})
