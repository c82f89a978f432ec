import type { RequestListener } from 'node:http'
import { type Test, test } from 'tap'
import { main } from '../../src/cli/doctor.ts'
import { newKey } from '../support/app.ts'
import { development } from '../support/development.ts'
import { serve, start } from '../support/process.ts'

const KEYS = { keys: [newKey().jwk] }

interface Tenant {
  readonly discovery?: object | string
  readonly keys?: object
  /** Of its clock, in seconds; none for a tenant that does not say the time. */
  readonly ahead?: number | null
}

/** What the doctor says of a configuration with a tenant that is as it is told to be. */
async function examine(t: Test, tenant: Tenant, environment: Record<string, string> = {}) {
  const { ahead = 0, keys = KEYS } = tenant
  // In the middle of a second: HTTP tells whole ones, and one may end on the way.
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
  return main([{ ...configured, ...environment }])
}

test('a healthy configuration', async (t) => {
  const { exitCode, output } = await examine(t, {})
  t.equal(exitCode, 0)
  t.notMatch(output, /✗/)
  for (const expected of [
    /✓ variables +as they should be/,
    /✓ issuer +http:\/\/127\.0\.0\.1:\d+\/ \(audience https:\/\/api\.test\)/,
    /✓ organizations none known/,
    /✓ origins +http:\/\/localhost:4040/,
    /✓ port +0 is free/,
    /✓ tenant +answers 200/,
    /✓ clock +0 s/,
    /✓ discovery +names http/,
    /✓ key set +"RS256-key" \(RS256, 2048 bits\)/,
    /All is well\.\n$/,
  ]) {
    t.match(output, expected)
  }
})

test('what is no trouble is said all the same', async (t) => {
  const bare = await examine(
    t,
    { discovery: 'Not Found', ahead: null },
    { AUTH0_ORGANIZATIONS: ' org_a' },
  )
  t.equal(bare.exitCode, 0)
  t.match(bare.output, /variables +Trimmed whitespace or a trailing slash from AUTH0_ORGANIZATIONS/)
  t.match(bare.output, /org_a: each token has to carry one/)
  t.match(bare.output, /does not say what time it is/)
  t.match(bare.output, /there is no discovery document; this server needs none/)
  const lax = { AUTH0_ORGANIZATIONS: 'org_a', ORGANIZATION_REQUIRED: 'false' }
  t.match((await examine(t, {}, lax)).output, /org_a, or none/)
  const odd = [...KEYS.keys, { ...newKey('RS256_1024').jwk, kid: undefined }, newKey('ES256').jwk]
  const mixed = await examine(
    t,
    { keys: { keys: odd } },
    { ACCESS_TOKEN_ALGORITHMS: 'RS256,ES256' },
  )
  t.equal(mixed.exitCode, 0)
  t.match(mixed.output, /none left out, since it is smaller than 2048 bits/)
  t.match(mixed.output, /"ES256-key" \(ES256\)/)
})

test('what is wrong is told with what to do', async (t) => {
  const cases: [name: string, Tenant, Record<string, string>, RegExp][] = [
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
      /✗ discovery +names another issuer: "https:\/\/x\.test\/"\n.*AUTH0_DOMAIN/,
    ],
    ['no key', { keys: { keys: [] } }, {}, /✗ key set +empty\n.*AUTH0_DOMAIN/],
    [
      'keys of no use',
      { keys: { keys: [newKey('ES256').jwk] } },
      {},
      /"ES256-key" left out, since it is for no allowed.*\n.*ACCESS_TOKEN_ALGORITHMS/,
    ],
    ['no key set', { keys: {} }, {}, /✗ key set +The key set is no JSON object/],
  ]
  for (const [name, tenant, environment, expected] of cases) {
    const { exitCode, output } = await examine(t, tenant, environment)
    t.equal(exitCode, 1, name)
    t.match(output, expected, name)
    t.match(output, /To mend: 1\.\n$/, name)
  }
})

test('a tenant that cannot be reached', async (t) => {
  const gone = await examine(t, {}, { AUTH0_DOMAIN: 'tenant.invalid' })
  t.equal(gone.exitCode, 1)
  t.match(gone.output, /✗ tenant +cannot be reached\n.*(ENOTFOUND|EAI_AGAIN).*AUTH0_DOMAIN/)
  const blocked = await examine(t, {}, { AUTH0_DOMAIN: 'http://127.0.0.1:9' })
  t.match(blocked.output, /does not answer \(bad port\)/)
})

test('a tenant that is in trouble, or none at all', async (t) => {
  const answering = async (status: number) => {
    const origin = await serve(t, (_request, response) => response.writeHead(status).end('{}'))
    return examine(t, {}, { AUTH0_DOMAIN: origin })
  }
  t.match((await answering(503)).output, /✗ tenant +answers 503/)
  t.match((await answering(404)).output, /✗ key set +The key set answered 404.\n.*AUTH0_DOMAIN/)
})

test('the port', async (t) => {
  const { port } = new URL(await serve(t, (_request, response) => void response.end('else')))
  const taken = await examine(t, {}, { PORT: port, HOST: '127.0.0.1' })
  t.match(taken.output, /✗ port .*EADDRINUSE\)\n.*lsof -i/)
  const rude = new URL(await serve(t, (_request, response) => void response.destroy()))
  const unknown = await examine(t, {}, { PORT: rude.port, HOST: '127.0.0.1' })
  t.match(unknown.output, /✗ port .*EADDRINUSE/)
  const elsewhere = await examine(t, {}, { HOST: '192.0.2.1' })
  t.match(elsewhere.output, /✗ port .*EADDRNOTAVAIL\)\n.*HOST/)
  const production = await examine(
    t,
    {},
    { NODE_ENV: 'production', AUTH0_DOMAIN: 'tenant.invalid' },
  )
  t.match(production.output, /✓ port +0 is free/, 'on all interfaces')
})

test('while npm run dev runs and no tenant is configured, the local one is examined', async (t) => {
  const { tenantPort, server } = await development(t)
  const sources = [{ TENANT_PORT: tenantPort, PORT: String(server.port) }]
  const { exitCode, output } = await main(sources)
  t.equal(exitCode, 0, output)
  t.match(output, /\d+ is where this server runs already/)
})

test('as a program', async (t) => {
  const lost = start(t, 'cli/doctor.ts', { TENANT_PORT: '9' })
  t.match(await lost.exit, { code: 2 })
  t.match(lost.output.stderr, /^No tenant is configured/)
})
