import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Test, test } from 'tap'
import type { AccessPolicy } from '../../src/access/policy.ts'
import { main as doctor } from '../../src/cli/doctor.ts'
import { main as explainCommand } from '../../src/cli/explain.ts'
import { describeServer, main as openapi } from '../../src/cli/openapi.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { explain, serverContext } from '../../src/explain/explanation.ts'
import type { DryRunRequest } from '../../src/plugins/dry-run.ts'
import type { ServerDefinition } from '../../src/server.ts'
import type { Principal } from '../../src/tokens/principal.ts'
import { ENVIRONMENT, testApp } from '../support/app.ts'
import { runCommand } from '../support/command.ts'
import { serve } from '../support/process.ts'
import { KEY } from '../support/tokens/keys.ts'
import { NOW, signJws, token } from '../support/tokens/tokens.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

function ownsNote({ subject }: Principal, { params }: FastifyRequest): boolean {
  return (params as { id: string }).id === subject
}

/** A policy of each kind, by the segment of the path before the parameter. */
const POLICIES: Readonly<Record<string, AccessPolicy<FastifyRequest>>> = {
  public: 'public',
  any: {},
  permissions: { permissions: ['read:a', 'read:b'] },
  anyPermission: { anyPermission: ['read:a', 'read:b'] },
  scopes: { scopes: ['a', 'b'] },
  both: { permissions: ['read:a'], anyPermission: ['read:b', 'read:c'], scopes: ['a'] },
  organizations: { organizations: ['org_acme'] },
  stepUp: { permissions: ['read:a'], acr: ['gold', 'silver'], maxAge: 60 },
  optional: { optional: true },
  check: { check: ownsNote },
  checkAfter: { permissions: ['read:a'], check: ownsNote },
}

/** A route for each method and policy; what runs of it is recorded. */
function routesThat(record: (what: string) => void) {
  return async (app: FastifyInstance) => {
    for (const [name, access] of Object.entries(POLICIES)) {
      for (const method of METHODS) {
        const handler = () => {
          record(`${method} ${name}`)
          return { message: 'ran' }
        }
        app.route({ method, url: `/${name}/:id/part/:part`, config: { access }, handler })
      }
    }
  }
}

test('the dry run, the explanation and the server agree about every kind of policy', async (t) => {
  const environment = { AUTH0_ORGANIZATIONS: 'org_acme,org_b', ORGANIZATION_REQUIRED: 'false' }
  const ran: string[] = []
  const routes = [routesThat((what) => ran.push(what))]
  const { app, log } = await testApp(t, { routes, environment })
  const { config } = loadConfig(ENVIRONMENT, environment)
  const context = { ...serverContext(config), host: 'localhost', now: NOW }
  const claims = fc.record(
    {
      sub: fc.constantFrom('me', 'other'),
      permissions: fc.subarray(['read:a', 'read:b', 'read:c']),
      scope: fc.subarray(['a', 'b']).map((scopes) => scopes.join(' ')),
      org_id: fc.constantFrom('org_acme', 'org_b', 'org_unknown'),
      exp: fc.constantFrom(NOW + 60, NOW + 60, NOW + 60, 1),
      acr: fc.constantFrom('gold', 'gold', 'tin'),
      auth_time: fc.constantFrom(NOW - 60, NOW - 60, NOW - 600, NOW + 600, -1),
    },
    { requiredKeys: ['sub', 'exp'] },
  )
  const property = fc.asyncProperty(
    claims,
    fc.constantFrom(...Object.keys(POLICIES)),
    fc.constantFrom(...METHODS),
    async (changes, name, method) => {
      await setImmediate()
      const bearer = token(changes)
      const url = `/${name}/me/part/1?x=y`
      const headers = { authorization: `Bearer ${bearer}`, host: 'localhost' }
      ran.length = 0
      log.length = 0
      const dry = await app.dryRun({ method, url, headers })
      if (ran.length > 0 || log.length > 0) return false
      const response = await app.inject({ method, url, headers })
      const refusal = log.at(-1)?.['refusal']
      const explanation = explain(bearer, dry, dry.access ?? 'public', context)
      // A check needs the real request: the dry run names it instead.
      const code = refusal === 'check_failed' ? undefined : refusal
      const status = code === undefined ? 204 : response.statusCode
      const failed = explanation.checks.find(({ outcome }) => outcome === 'failed')
      return (
        dry.route === `/${name}/:id/part/:part` &&
        dry.status === status &&
        dry.code === code &&
        explanation.code === code &&
        failed?.code === code &&
        (explanation.pendingCheck !== undefined) === (code === undefined && hasCheck(name)) &&
        ran.length === (response.statusCode === 200 ? 1 : 0)
      )
    },
  )
  await t.resolves(fc.assert(property, { numRuns: 1_000 }))
})

function hasCheck(name: string): boolean {
  const access = POLICIES[name]
  return typeof access === 'object' && access.check !== undefined
}

/** Makes a product that of the working directory, and returns the directory. */
function projectOf(t: Test, definition: ServerDefinition): string {
  const directory = t.testdir({
    'package.json': JSON.stringify({ 'messages-api': { server: 'server.mjs' } }),
    'server.mjs': 'export default globalThis.testedDefinition',
  })
  Object.assign(globalThis, { testedDefinition: definition })
  process.chdir(directory)
  return directory
}

test('permissions are read from the configured claims, and scopes are listed', async (t) => {
  const environment = { PERMISSIONS_CLAIM: '/realm/roles,groups' }
  const { app } = await testApp(t, { routes: [routesThat(() => {})], environment })
  const { config } = loadConfig(ENVIRONMENT, environment)
  const context = { ...serverContext(config), host: 'localhost', now: NOW }
  const bearer = token({ realm: { roles: ['read:a'] }, groups: 'read:b', scope: 'a' })
  const checksOf = async (name: string) => {
    const headers = { authorization: `Bearer ${bearer}`, host: 'localhost' }
    const dry = await app.dryRun({ method: 'GET', url: `/${name}/me/part/1`, headers })
    const { checks } = explain(bearer, dry, dry.access ?? 'public', context)
    return checks.slice(-2)
  }
  t.match(await checksOf('both'), [
    {
      name: 'permissions',
      outcome: 'passed',
      expected: 'read:a, one of read:b or read:c',
      found: '["read:a"], "read:b"',
    },
    { name: 'scopes', outcome: 'passed', expected: 'a' },
  ])
  t.match(await checksOf('scopes'), [
    { name: 'permissions', outcome: 'passed', expected: 'none required' },
    { name: 'scopes', outcome: 'failed', expected: 'a, b', found: '"a"', code: 'scope_missing' },
  ])
})

test('explain, doctor and openapi start no resource and run no handler', async (t) => {
  const ran: string[] = []
  const record = (what: string) => void ran.push(what)
  const resource = {
    name: 'database',
    start: () => record('start'),
    stop: () => record('stop'),
    ready: () => ran.push('ready') > 0,
  }
  const definition = { routes: [routesThat(record)], resources: [resource] }
  const directory = projectOf(t, definition)
  const keys = JSON.stringify({ keys: [KEY.jwk] })
  const origin = await serve(t, (_request, response) => void response.end(keys))
  const tenant = { ...ENVIRONMENT, AUTH0_DOMAIN: origin, PORT: '0', HOST: '127.0.0.1' }
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: `${origin}/`, sub: 'me', aud: ENVIRONMENT.AUTH0_AUDIENCE }
  const bearer = signJws(
    { alg: 'RS256', kid: KEY.kid },
    { ...claims, permissions: ['read:a'], iat: now, exp: now + 60 },
  )
  const run = (method: DryRunRequest['method'], route: string) =>
    runCommand(explainCommand, ['--json', '--method', method, '--route', route, bearer], [tenant])
  for (const method of METHODS) {
    const accepted = await run(method, '/checkAfter/me/part/2')
    t.equal(accepted.exitCode, 0)
    t.match(JSON.parse(accepted.out), { result: 'accepted', pendingCheck: 'ownsNote' })
    const refused = await run(method, '/scopes/me/part/2')
    t.equal(refused.exitCode, 1)
    t.match(JSON.parse(refused.out), { code: 'scope_missing' })
  }
  await runCommand(doctor, [], [tenant])
  const paths = Object.keys((await describeServer(definition)).paths)
  t.ok(paths.includes('/checkAfter/{id}/part/{part}'))
  t.equal((await runCommand(openapi, [`${directory}/openapi.yaml`], [])).exitCode, 0)
  t.strictSame(ran, [])
})
