import type { ServerResponse } from 'node:http'
import { type Test, t as tap, test } from 'tap'
import { main as doctor } from '../../../src/cli/doctor.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { startServer } from '../../../src/server.ts'
import { OPERATIONS, type Operation } from '../../../src/utils/operation.ts'
import { runCommand } from '../../support/command.ts'
import { logSink } from '../../support/log-sink.ts'
import { ADMIN, PROBE_SERVER, PROTECTED } from '../../support/probe-routes.ts'
import { freePort } from '../../support/process.ts'
import { explain } from '../../support/product/explain-command.ts'
import { useTestProject } from '../../support/product/test-project.ts'
// #region browser-login
import { KEY } from '../../support/tokens/keys.ts'
// #endregion browser-login
import { AUDIENCE } from '../../support/tokens/tokens.ts'
import { active, type Endpoint, endpoint, environmentOf, ISSUER } from './endpoint.ts'

useTestProject(tap)

const SECRETS = /PLANTED|the secret|dGhlIHNlY3JldA/

/** A running server, its log and its metrics. */
async function running(t: Test, { url }: Endpoint, environment: Record<string, string> = {}) {
  const { log, destination } = logSink()
  const here = { PORT: '0', HOST: '127.0.0.1', METRICS_PORT: '0', LOG_LEVEL: 'trace' }
  const sources = [environmentOf(url), here, environment]
  const server = await startServer(PROBE_SERVER, sources, { logTo: destination })
  t.teardown(() => server.app.close())
  const call = async (path: string, token?: string) => {
    const headers = { host: 'localhost', ...(token && { authorization: `Bearer ${token}` }) }
    return server.app.inject({ url: path, headers })
  }
  return {
    ...{ ...server, log, call },
    status: async (token: string, path = PROTECTED) => (await call(path, token)).statusCode,
    async metrics() {
      const text = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text()
      return text
    },
  }
}

const events = (log: readonly Record<string, unknown>[]) =>
  log.map(({ event }) => String(event)).filter((event) => event.startsWith('introspection'))

test('a server that introspects is ready at once, with no key set and no call', async (t) => {
  const issuer = await endpoint(t)
  const { call, keySet, keys, log, notReady, metrics } = await running(t, issuer, {
    KEYS_START_TIMEOUT: '300',
    PUBLIC_URL: 'https://api.test',
    NODE_ENV: 'development',
  })
  t.equal(notReady(), undefined)
  t.match((await call('/readyz')).json(), { message: 'Ready' })
  t.strictSame([keySet(), keys.known.keys], [{ age: null, cooldown: 0 }, []])
  t.equal(await keys.refresh(), true)
  t.equal(issuer.calls.length, 0)
  t.notMatch(JSON.stringify(log), /keys_/)
  t.notMatch(await metrics(), /^keys_known\{/m, 'no alert for missing keys')
  const metadata = await call('/.well-known/oauth-protected-resource')
  t.match(metadata.json(), { authorization_servers: [ISSUER] }, 'the metadata is as with keys')

  issuer.answer = (response: ServerResponse) => response.writeHead(500).end()
  for (let index = 0; index < 6; index += 1) await call(PROTECTED, `t${index}`)
  t.match((await call('/readyz')).json(), { message: 'Ready' }, 'nor does an outage change that')
})

test('log, metrics and traces name outcomes, and have no token and no secret', async (t) => {
  const issuer = await endpoint(t)
  const operations: Operation[] = []
  const listen = (message: unknown) => operations.push(message as Operation)
  OPERATIONS.subscribe(listen)
  t.teardown(() => OPERATIONS.unsubscribe(listen))
  const { status, log, metrics } = await running(t, issuer)
  issuer.tokens.set('PLANTED-good', active({ sub: 'PLANTED', token: 'PLANTED' }))
  t.equal(await status('PLANTED-good'), 200)
  t.equal(await status('PLANTED-good', ADMIN), 403)
  t.equal(await status('PLANTED-bad'), 401)
  t.equal(await status('PLANTED-bad'), 401)
  t.strictSame(events(log), [], 'what works has no line')

  issuer.answer = (response: ServerResponse) => response.writeHead(401).end('PLANTED')
  for (const index of [1, 2, 3]) t.equal(await status(`PLANTED-${index}`), 503)
  issuer.answer = (response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('PLANTED')
  for (const index of [4, 5, 6]) t.equal(await status(`PLANTED-${index}`), 503)
  t.strictSame(
    events(log),
    ['introspection_refused', 'introspection_failed', 'introspection_unavailable'],
    'once a minute, once in 10 s, and once for the circuit',
  )
  const lineOf = (name: string) => log.find(({ event }) => event === name)
  t.match(lineOf('introspection_refused'), {
    ...{ level: 50, issuer: ISSUER },
    err: { message: /HTTP 401/ },
  })
  t.match(lineOf('introspection_unavailable'), { issuer: ISSUER, openFor: 1_000 })

  const text = await metrics()
  for (const line of [
    `introspection_duration_seconds_count{outcome="active",issuer="${ISSUER}"} 1`,
    `introspection_duration_seconds_count{outcome="inactive",issuer="${ISSUER}"} 1`,
    `introspection_duration_seconds_count{outcome="refused",issuer="${ISSUER}"} 3`,
    `introspection_duration_seconds_count{outcome="failure",issuer="${ISSUER}"} 3`,
    `introspections_skipped_total{reason="circuit_open",issuer="${ISSUER}"} 1`,
    `introspections_in_flight{issuer="${ISSUER}"} 0`,
    `introspection_circuit_open{issuer="${ISSUER}"} 1`,
    'verified_token_cache_size 1',
    'verified_token_cache_hits_total 1',
    'refusals_total{code="introspection_unavailable"} 6',
  ]) {
    t.ok(text.includes(`${line}\n`), line)
  }
  t.strictSame(
    [...new Set(operations.map(({ name }) => name))],
    ['verify access token', 'introspect token'],
  )
  t.match(operations[1], {
    isRemote: true,
    attributes: { 'server.address': '127.0.0.1', 'http.request.method': 'POST' },
  })
  const parts = [JSON.stringify(log), text, JSON.stringify(operations)]
  for (const part of parts) t.notMatch(part, SECRETS)

  issuer.answer = { active: false }
  while ((await status('PLANTED-again')) === 503);
  t.match(lineOf('introspection_recovered'), { level: 30, issuer: ISSUER })
})

// #region browser-login
test('the browser login still gets keys, for ID tokens', async (t) => {
  const issuer = await endpoint(t)
  const { origin } = issuer
  issuer.answer = (response: ServerResponse, { url }: { url: string | undefined }) => {
    const keys = { keys: [KEY.jwk] }
    const found = url === '/keys' ? keys : { issuer: origin, jwks_uri: `${origin}/keys` }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(url === '/introspect' ? active() : found))
  }
  const { status, keys, notReady } = await running(t, issuer, {
    ...{ ISSUER: origin, AUTH0_CLIENT_ID: 'client', AUTH0_CLIENT_SECRET: 'c'.repeat(32) },
    SESSION_SECRET: 's'.repeat(32),
  })
  t.equal(await keys.refresh(), true)
  t.equal(keys.known.keys.length, 1)
  t.equal(notReady(), undefined)
  t.equal(await status('opaque'), 200, 'access tokens are introspected all the same')
  t.equal(issuer.calls.filter(({ url }) => url === '/introspect').length, 1)
})
// #endregion browser-login

test('doctor asks the endpoint about a made-up token', async (t) => {
  const issuer = await endpoint(t)
  const cases: [name: string, answer: object | undefined, ...expected: RegExp[]][] = [
    ['good', undefined, /✓ introspection +a made-up token is not active; .* up to 60 s/],
    [
      'credentials',
      (response: ServerResponse) => response.writeHead(401).end(),
      /✗ introspection +.* HTTP 401\n.*INTROSPECTION_CLIENT_SECRET/,
    ],
    [
      'not an endpoint',
      (response: ServerResponse) => response.writeHead(400).end(),
      /✗ introspection +.* HTTP 400\n.*RFC 7662/,
    ],
    ['always active', active(), /✗ introspection +a made-up token is active\n.*anything/],
    [
      'not an answer',
      (response: ServerResponse) => response.end('<p>'),
      /✗ introspection +The response is not .*JSON\n/,
    ],
  ]
  for (const [name, answer, ...expected] of cases) {
    issuer.answer = answer
    const { out } = await runCommand(doctor, [], [{ ...environmentOf(issuer.url), PORT: '0' }])
    for (const pattern of expected) t.match(out, pattern, name)
    t.notMatch(out, /key set/, 'it needs none')
    t.notMatch(out, SECRETS)
  }
  t.match(issuer.calls.at(-1)?.form.get('token'), /^doctor-[\da-f]{32}$/)
  const gone = `http://127.0.0.1:${await freePort()}/introspect`
  const { out } = await runCommand(doctor, [], [{ ...environmentOf(gone), PORT: '0' }])
  t.match(out, /✗ introspection +.*did not respond \(ECONNREFUSED\)/)
})

test('explain lets the server introspect an opaque token', async (t) => {
  const issuer = await endpoint(t)
  const organization = { AUTH0_ORGANIZATIONS: 'org_a', ORGANIZATION_REQUIRED: 'false' }
  const environment = { ...environmentOf(issuer.url), PROVIDER: 'zitadel', ...organization }
  const run = async (claims: object | undefined, ...args: string[]) => {
    const token = `t${issuer.calls.length}`
    if (claims !== undefined) issuer.tokens.set(token, active({ ...claims }))
    return explain([...args, token], [environment])
  }
  const good = await run({})
  t.equal(good.exitCode, 0)
  t.match(good.output, /^Accepted\n.*✓ introspection.*✓ kind.*✓ audience.*✓ permissions/s)
  t.notMatch(good.output, /✓ (key|signature|structure)/)
  const cases: [claims: object | undefined, code: string, advice: RegExp, failed: string][] = [
    [undefined, 'token_inactive', /issuer says that it is not active/, 'introspection'],
    [{ token_type: 'refresh_token' }, 'type_not_allowed', /refresh token/, 'kind'],
    [{ token_type: 'DPoP' }, 'token_bound', /has no cnf/, 'kind'],
    [{ iss: 'https://other.test' }, 'issuer_mismatch', /INTROSPECTION_URL/, 'issuer'],
    [{ aud: 'x' }, 'audience_mismatch', /have the issuer put https:\/\/api\.test/i, 'audience'],
    [{ exp: undefined }, 'time_claim_malformed', /must have exp/, 'times'],
    [{ exp: 1 }, 'token_expired', /has expired/, 'times'],
    [{ nbf: 4e9 }, 'token_not_yet_valid', /nbf is in the future/, 'times'],
    [{ iat: 4e9 }, 'token_issued_in_future', /clock/, 'times'],
    [{ sub: '' }, 'subject_missing', /SUBJECT_CLAIM/, 'subject'],
  ]
  for (const [claims, code, advice, failed] of cases) {
    const { output } = await run(claims, '--json')
    const explanation = JSON.parse(output)
    t.match(explanation, { result: 'refused', code, advice })
    const checks = explanation.checks as { name: string; outcome: string; found: string }[]
    const index = checks.findIndex(({ outcome }) => outcome === 'failed')
    t.equal(checks[index]?.name, failed, code)
    t.ok(checks.slice(0, index).every(({ outcome }) => outcome === 'passed'))
    t.ok(checks.slice(index + 1).every(({ outcome }) => outcome === 'not checked'))
  }
  const denied = await run({}, '--route', ADMIN)
  t.match(denied.output, /^Rejected: 403 .*✓ organization.*✗ permissions/s)
  const bound = await run({ cnf: { jkt: 'x'.repeat(43) } })
  t.match(bound.output, /token_needs_dpop.*✗ binding.*✓ subject.*– organization/s)
  const required = await explain(['x'], [{ ...environment, DPOP: 'required' }])
  t.match(required.output, /bound_token_required.*✗ binding.*– introspection/s)
  issuer.answer = (response: ServerResponse) => response.writeHead(500).end()
  const undecided = await run(undefined)
  t.equal(undecided.exitCode, 2)
  t.match(undecided.output, /introspection_unavailable.*npm run doctor.*– introspection/s)
})

test('INTROSPECTION_* go with ISSUER, and with each other', async (t) => {
  const good = environmentOf('https://issuer.test/introspect')
  t.match(loadConfig(good).config, {
    introspection: {
      endpoint: { url: 'https://issuer.test/introspect', clientId: 'api' },
      maxAge: 60_000,
    },
    issuers: [{ issuer: ISSUER }],
  })
  const { ISSUER: _, ...withoutIssuer } = good
  const without = (name: string) => ({ ...good, [name]: '' })
  const { INTROSPECTION_URL: __, ...credentials } = good
  const production = { ...good, NODE_ENV: 'production' }
  const cases: [Record<string, string>, RegExp][] = [
    [withoutIssuer, /ISSUER is required when INTROSPECTION_URL is set/],
    [
      { ...withoutIssuer, AUTH0_DOMAIN: 'tenant.test' },
      /ISSUER is required when INTROSPECTION_URL is set.*AUTH0_DOMAIN/s,
    ],
    [
      { ...good, JWKS_URI: 'https://issuer.test/keys' },
      /INTROSPECTION_URL and JWKS_URI exclude each other/,
    ],
    [without('INTROSPECTION_CLIENT_ID'), /INTROSPECTION_CLIENT_ID is required/],
    [without('INTROSPECTION_CLIENT_SECRET'), /INTROSPECTION_CLIENT_SECRET is required/],
    [credentials, /INTROSPECTION_URL is required when INTROSPECTION_CLIENT_ID is set/],
    [{ ISSUER, AUDIENCE, INTROSPECTION_MAX_AGE: '5' }, /INTROSPECTION_URL is required when/],
    [{ ...good, INTROSPECTION_URL: 'http://issuer.test/' }, /INTROSPECTION_URL is invalid/],
    [{ ...good, INTROSPECTION_URL: 'https://u:p@issuer.test/' }, /INTROSPECTION_URL is invalid/],
    [{ ...good, INTROSPECTION_MAX_AGE: '3601' }, /INTROSPECTION_MAX_AGE is invalid/],
    [{ ...good, INTROSPECTION_MAX_AGE: '-1' }, /INTROSPECTION_MAX_AGE is invalid/],
    [
      { ...good, INTROSPECTION_URL: 'https://issuer.test:6000/introspect' },
      /INTROSPECTION_URL is invalid.*a port that fetch does not block/s,
    ],
    [
      { ISSUER, AUDIENCE, JWKS_URI: 'https://issuer.test:25/keys' },
      /JWKS_URI is invalid.*a port that fetch does not block/s,
    ],
    [
      { ...production, INTROSPECTION_URL: 'http://localhost/introspect' },
      /INTROSPECTION_URL is invalid.*https URL in production/s,
    ],
  ]
  for (const [environment, problem] of cases) {
    t.throws(() => loadConfig(environment), { message: problem }, String(problem))
  }
  const { log, destination } = logSink()
  const logger = createLogger('info', destination)
  logger.info({ variables: loadConfig(good).config.variables }, 'x')
  t.notMatch(JSON.stringify(log), SECRETS, 'the name of the variable alone redacts it')
})
