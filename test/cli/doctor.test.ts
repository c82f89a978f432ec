import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { type Test, test } from 'tap'
import { main } from '../../src/cli/doctor.ts'
import type { Environment } from '../../src/config/environment.ts'
import { runCommand } from '../support/command.ts'
// #region local-tenant
import { development } from '../support/development.ts'
// #endregion local-tenant
import { serve, start } from '../support/process.ts'
import { newKey } from '../support/tokens/keys.ts'

const KEYS = { keys: [newKey().jwk] }

async function runDoctor(sources: readonly Environment[]) {
  const { exitCode, out: output, problem } = await runCommand(main, [], sources)
  return { exitCode, output: output + (problem ?? '') }
}

interface FakeTenant {
  readonly discovery?: object | string
  readonly keys?: object
  /** How far its clock is ahead, in seconds; null if it sends no Date header. */
  readonly ahead?: number | null
}

/** Runs the doctor with a fake tenant. */
async function diagnose(t: Test, tenant: FakeTenant, environment: Record<string, string> = {}) {
  const { ahead = 0, keys = KEYS } = tenant
  // The Date header has whole seconds: in the middle of one, a slow request does not change it.
  const { now } = Date
  const middle = Math.floor(now() / 1000) * 1000 + 500
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => middle
  const answer: RequestListener = ({ url, headers: { host } }, response) => {
    const { discovery = { issuer: `http://${host}/` } } = tenant
    response.sendDate = false
    if (ahead !== null)
      response.setHeader('date', new Date(Date.now() + ahead * 1000).toUTCString())
    const body = url?.endsWith('openid-configuration') ? discovery : keys
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const configured = {
    AUTH0_DOMAIN: await serve(t, answer),
    AUTH0_AUDIENCE: 'https://api.test',
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    PORT: '0',
  }
  return runDoctor([{ ...configured, ...environment }])
}

test('a healthy configuration', async (t) => {
  const { exitCode, output } = await diagnose(t, {})
  t.equal(exitCode, 0)
  t.notMatch(output, /✗/)
  for (const expected of [
    /✓ variables +valid/,
    /✓ issuer +http:\/\/127\.0\.0\.1:\d+\/ \(audience https:\/\/api\.test\)/,
    /✓ organizations none known/,
    /✓ origins +http:\/\/localhost:4040/,
    /✓ port +0 is free/,
    /✓ tenant +returned 200/,
    /✓ clock +0 s/,
    /✓ discovery +same issuer: http/,
    /✓ key set +"RS256-key" \(RS256, 2048 bits\)/,
    /No problems found\.\n$/,
  ]) {
    t.match(output, expected)
  }
})

test('an issuer that is not Auth0 is a configuration too', async (t) => {
  const { output } = await diagnose(t, {}, { AUTH0_DOMAIN: '', ISSUER: 'http://127.0.0.1:9/x' })
  t.match(output, /✓ issuer +http:\/\/127\.0\.0\.1:9\/x \(audience/)
  t.notMatch(output, /No tenant is configured/)
})

test('a pattern of origins is explained', async (t) => {
  const environment = { CLIENT_ORIGIN_URL: 'https://app.test,https://*.app.test' }
  const { output } = await diagnose(t, {}, environment)
  t.match(output, 'https://app.test, https://*.app.test (* is a label or a part of one)')
})

test('variables that are invalid together', async (t) => {
  const { exitCode, output } = await diagnose(t, {}, { ORGANIZATION_REQUIRED: 'true' })
  t.equal(exitCode, 1)
  t.match(output, /✗ variables +AUTH0_ORGANIZATIONS is required when .*\n +see Configuration/)
})

test('details that are not problems are listed too', async (t) => {
  const bare = await diagnose(
    t,
    { discovery: 'Not Found', ahead: null },
    { AUTH0_ORGANIZATIONS: ' org_a' },
  )
  t.equal(bare.exitCode, 0)
  t.match(bare.output, /variables +Trimmed whitespace or a trailing slash from AUTH0_ORGANIZATIONS/)
  t.match(bare.output, /org_a: every token must have one of them/)
  t.match(bare.output, /the tenant sent no Date header/)
  t.match(bare.output, /no discovery document; only a browser login needs one/)
  const optional = { AUTH0_ORGANIZATIONS: 'org_a', ORGANIZATION_REQUIRED: 'false' }
  t.match((await diagnose(t, {}, optional)).output, /org_a, or none/)
  const keys = [...KEYS.keys, { ...newKey('RS256_1024').jwk, kid: undefined }, newKey('ES256').jwk]
  const mixed = await diagnose(t, { keys: { keys } }, { ACCESS_TOKEN_ALGORITHMS: 'RS256,ES256' })
  t.equal(mixed.exitCode, 0)
  t.match(mixed.output, /none ignored: smaller than 2048 bits/)
  t.match(mixed.output, /"ES256-key" \(ES256\)/)
})

test('a problem is listed with a hint', async (t) => {
  const cases: [name: string, FakeTenant, Record<string, string>, RegExp][] = [
    [
      'a variable',
      {},
      { PORT: 'x' },
      /✗ variables +PORT is invalid\n +expected a port from 0 to 65535/,
    ],
    ['no variable', {}, { AUTH0_AUDIENCE: '' }, /✗ variables +AUTH0_AUDIENCE is missing/],
    [
      'an origin',
      {},
      { CLIENT_ORIGIN_URL: 'localhost' },
      /CLIENT_ORIGIN_URL is invalid\n +expected http/,
    ],
    ['a clock behind', { ahead: 60 }, {}, /✗ clock +60 s behind the tenant's\n.*NTP/],
    ['a clock ahead', { ahead: -60 }, {}, /✗ clock +60 s ahead of the tenant's/],
    [
      'another issuer',
      { discovery: { issuer: 'https://x.test/' } },
      {},
      /✗ discovery +different issuer: "https:\/\/x\.test\/"\n.*AUTH0_DOMAIN/,
    ],
    ['no key', { keys: { keys: [] } }, {}, /✗ key set +empty\n.*AUTH0_DOMAIN/],
    [
      'keys of no use',
      { keys: { keys: [newKey('ES256').jwk] } },
      {},
      /"ES256-key" ignored: no allowed.*\n.*ACCESS_TOKEN_ALGORITHMS/,
    ],
    ['no key set', { keys: {} }, {}, /✗ key set +JWKS response is not a JWK Set/],
  ]
  for (const [name, tenant, environment, expected] of cases) {
    const { exitCode, output } = await diagnose(t, tenant, environment)
    t.equal(exitCode, 1, name)
    t.match(output, expected, name)
    t.match(output, /1 problem found\.\n$/, name)
  }
})

test('bound tokens: what depends on the number of processes, and on a proxy', async (t) => {
  const production = { NODE_ENV: 'production', AUTH0_DOMAIN: 'tenant.invalid' }
  const required = { ...production, DPOP: 'required' }
  const PUBLIC_URL = 'https://api.test'
  const RESOURCE_IDENTIFIER = 'https://other.test'
  const nonces = { DPOP_NONCE_SECRETS: `${'a'.repeat(32)},${'b'.repeat(32)}` }
  const cases: [environment: Record<string, string>, ...expected: RegExp[]][] = [
    [{ DPOP: 'off' }, /✓ dpop +off/],
    [{}, /✓ dpop +allowed\n✓ used proofs +in the memory of each process\n(?!.*url of proofs)/s],
    [{ DPOP: 'required' }, /✓ dpop +required/, /✓ url of proofs +from each request\n/],
    [production, /! used proofs +in the memory of each process\n.*set REDIS_URL/],
    [{ REDIS_URL: 'redis://127.0.0.1:9' }, /✓ used proofs +shared in Redis/],
    [required, /! url of proofs +from each request\n.*set PUBLIC_URL/],
    [{ ...required, ORGANIZATION_DOMAIN: 'api.test' }, /✓ url of proofs +from each request\n/],
    [{ ...required, PUBLIC_URL }, /✓ url of proofs +https:\/\/api\.test\n/],
    [
      { DPOP: 'required', TRUST_PROXY: 'loopback' },
      /! url of proofs +from each request, as the proxy reports it\n/,
    ],
    [nonces, /! nonces +secrets [\da-f]{8}, [\da-f]{8}\n.*dpop_nonces/],
    [{ PUBLIC_URL }, /✓ resource +https:\/\/api\.test is an audience/],
    [
      { PUBLIC_URL, AUTH0_AUDIENCE: 'https://api.test/' },
      /! resource +https:\/\/api\.test differs from the audience https:\/\/api\.test\/ in the slash/,
      /Set RESOURCE_IDENTIFIER to the identifier of the API: https:\/\/api\.test\/\n/,
    ],
    [
      { PUBLIC_URL, RESOURCE_IDENTIFIER },
      /! resource +https:\/\/other\.test is not in AUTH0_AUDIENCE\n.*: https:\/\/api\.test\n/,
    ],
  ]
  for (const [environment, ...expected] of cases) {
    const { output } = await diagnose(t, {}, environment)
    for (const pattern of expected) t.match(output, pattern, JSON.stringify(environment))
  }
  const { exitCode } = await diagnose(t, {}, { PUBLIC_URL, RESOURCE_IDENTIFIER, ...nonces })
  t.equal(exitCode, 0, 'a warning is not a problem')
})

test('an unreachable tenant', async (t) => {
  const gone = await diagnose(t, {}, { AUTH0_DOMAIN: 'tenant.invalid' })
  t.equal(gone.exitCode, 1)
  t.match(gone.output, /✗ tenant +unreachable\n.*(ENOTFOUND|EAI_AGAIN).*AUTH0_DOMAIN/)
  const blocked = await diagnose(t, {}, { AUTH0_DOMAIN: 'http://127.0.0.1:9' })
  t.match(blocked.output, /Cannot fetch \S+ \(bad port\)/)
})

test('a tenant that returns too much', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '), { level: 1 })
  const origin = await serve(t, (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  )
  const { output } = await diagnose(t, {}, { AUTH0_DOMAIN: origin })
  t.match(output, /✓ discovery +no discovery document/)
  t.match(output, /✗ key set +The response is larger than 524288 bytes/)
})

test('a tenant that returns errors', async (t) => {
  const answering = async (status: number) => {
    const origin = await serve(t, (_request, response) => response.writeHead(status).end('{}'))
    return diagnose(t, {}, { AUTH0_DOMAIN: origin })
  }
  const { output } = await answering(503)
  t.match(output, /✗ tenant +returned 503/)
  t.match(output, /! discovery +not checked: the tenant returned a server error\n/)
  t.match(
    output,
    /✗ key set +JWKS endpoint returned HTTP 503\n.* in its cache\..* Try again later\./,
  )
  t.notMatch(output, 'AUTH0_DOMAIN')
  t.match(
    (await answering(404)).output,
    /✗ key set +JWKS endpoint returned HTTP 404\n.*AUTH0_DOMAIN/,
  )
})

test('the port', async (t) => {
  const { port } = new URL(await serve(t, (_request, response) => void response.end('else')))
  const taken = await diagnose(t, {}, { PORT: port, HOST: '127.0.0.1' })
  t.match(taken.output, /✗ port .*EADDRINUSE\)\n.*lsof -i/)
  const rude = new URL(await serve(t, (_request, response) => void response.destroy()))
  const unknown = await diagnose(t, {}, { PORT: rude.port, HOST: '127.0.0.1' })
  t.match(unknown.output, /✗ port .*EADDRINUSE/)
  const elsewhere = await diagnose(t, {}, { HOST: '192.0.2.1' })
  t.match(elsewhere.output, /✗ port .*EADDRNOTAVAIL\)\n.*HOST/)
  const production = await diagnose(
    t,
    {},
    { NODE_ENV: 'production', AUTH0_DOMAIN: 'tenant.invalid' },
  )
  t.match(production.output, /✓ port +0 is free/, 'on all interfaces')
})

test('JSON for programs has each finding, with the hint of a problem', async (t) => {
  const { exitCode, out, json } = await runCommand(
    main,
    ['--json'],
    [{ AUTH0_DOMAIN: 'http://127.0.0.1:9', PORT: 'x' }],
  )
  t.equal(exitCode, 1)
  t.match(json().findings, [{ name: 'variables', hint: String }])
  t.notMatch(out, /[✓✗]/)
})

// #region local-tenant
test('if no tenant is configured, the local one is checked', async (t) => {
  const { tenantPort, server } = await development(t)
  const { exitCode, output } = await runDoctor([{ TENANT_PORT: tenantPort, PORT: '1' }])
  t.equal(exitCode, 0, output)
  t.match(
    output,
    `✓ port          ${server.port} is in use by this server`,
    'whatever PORT is here',
  )
  // #region browser-login
  t.match(output, `http://localhost:${server.port}/callback is known to the tenant`)
  // #endregion browser-login
})

test('in production, the server of npm run dev is not checked', async (t) => {
  const { tenantPort } = await development(t)
  const production = { TENANT_PORT: tenantPort, NODE_ENV: 'Production' }
  const configured = { AUTH0_DOMAIN: '127.0.0.1:9', AUTH0_AUDIENCE: 'https://api.test', PORT: '0' }
  const { output } = await runDoctor([
    { ...production, ...configured, CLIENT_ORIGIN_URL: 'https://app.test' },
  ])
  t.match(output, /✓ issuer +https:\/\/127\.0\.0\.1:9\//)
  const unconfigured = await runDoctor([production])
  t.match(unconfigured.output, /^No tenant is configured \(.*\)\.$/m)
})

test('a public URL of the running server counts', async (t) => {
  const { tenantPort } = await development(t, { PUBLIC_URL: 'http://localhost:1/v1' })
  const { output } = await runDoctor([{ TENANT_PORT: tenantPort }])
  t.match(output, '! resource      http://localhost:1/v1 is not in AUTH0_AUDIENCE')
})

test('a fault of the local tenant is named, and the advice follows from it', async (t) => {
  const { tenantPort, localTenant } = await development(t)
  await localTenant.app.faults.inject('down', 60)
  const { exitCode, output } = await runDoctor([{ TENANT_PORT: tenantPort }])
  t.equal(exitCode, 1)
  t.match(output, /^! fault +Every request gets 503 for \d+ s\.\n.*npm run tenant -- up\n/)
  t.match(output, /✗ tenant +returned 503/)
  // #region browser-login
  t.match(output, /! login +not checked: it needs the discovery document of the tenant\n/)
  // #endregion browser-login
  t.notMatch(output, /AUTH0_DOMAIN|no token can be verified|does not need/)
})

test('as a program, without a tenant', async (t) => {
  const unconfigured = start(t, 'cli/main.ts', { TENANT_PORT: '9' }, ['doctor'])
  t.match(await unconfigured.exit, { code: 2 })
  t.match(
    unconfigured.output.stderr,
    /^No tenant is configured .* not answer at http:\/\/localhost:9\. Start it .* TENANT_PORT/,
  )
})
// #endregion local-tenant

test('as a program', async (t) => {
  const variables = { AUTH0_DOMAIN: 'http://127.0.0.1:9', PORT: 'x', TENANT_PORT: '9' }
  const wrong = start(t, 'cli/main.ts', variables, ['doctor'])
  t.match(await wrong.exit, { code: 1 })
  t.match(wrong.output.stdout, /✗ variables/)
})
