import { join } from 'node:path'
import { type Test, test } from 'tap'
import { main as connections } from '../../src/cli/connections.ts'
import { main as provision } from '../../src/cli/provision.ts'
import { managementOf } from '../../src/management/client/client.ts'
import { ManagementError, managementError } from '../../src/management/client/errors.ts'
import { RateLimit } from '../../src/management/client/rate-limit.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { answer, between, type Intercept, nowhere, ran, tokenWith } from '../support/management.ts'
import { managementToken } from '../support/manager.ts'
import { serve } from '../support/process.ts'
import { startTenant } from '../support/visitor.ts'

const EMPTY = { connections: [] }
const tenantYaml = join(import.meta.dirname, '../../tenant.yaml')

/** Lists connections at a server that answers by itself. */
async function listAt(t: Test, intercept: Intercept, args = '', environment = {}) {
  const origin = await serve(t, (request, response) => void intercept(request, response))
  const sources = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'opaque', ...environment }
  return ran(connections, `list ${args}`, sources)
}

/** The error of the SDK's call, as this room has it. */
async function errorOf(work: Promise<unknown>): Promise<ManagementError> {
  try {
    await work
  } catch (error) {
    const ours = managementError(error)
    if (ours instanceof ManagementError) return ours
  }
  throw new Error('It did not fail, or not so.')
}

/** A clock that nobody has to wait for. */
function quickClock() {
  const clock = {
    time: Date.now(),
    now: () => clock.time,
    async sleep(time: number) {
      clock.time += time
    },
  }
  return clock
}

test('a rate limit that resets in 2 s is waited out', async (t) => {
  const { issuer } = await startTenant(t)
  await fetch(`${issuer}local-tenant/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault: 'rate-limit', seconds: 2 }),
  })
  const began = Date.now()
  const { problem, out } = await ran(connections, 'list', { AUTH0_DOMAIN: issuer })
  t.equal(problem, undefined)
  t.match(out, /^con_people /m)
  const took = Date.now() - began
  t.ok(took >= 1900 && took < 8000, `${took} ms`)
})

test('a rate limit without a word of its reset is waited for within a bound', async (t) => {
  let requests = 0
  const origin = await serve(t, (_request, response) => {
    requests++
    answer(response, 429, { statusCode: 429, message: 'Global limit has been reached' })
  })
  const clock = quickClock()
  const began = clock.time
  const { connections } = managementOf({
    issuer: `${origin}/`,
    credentials: { token: 'opaque' },
    clock,
  })
  const error = await errorOf(connections.list())
  t.match(error, { code: 'rate_limited', status: 429, details: { resetsAt: 'unknown' } })
  t.match(error.description, 'When it resets is unknown')
  t.equal(requests, 5, '1, 2, 4 and 8 seconds later')
  t.equal(clock.time - began, 15_000)
})

test('a rate limit that takes too long to reset is told with the time', async (t) => {
  const reset = Math.floor(Date.now() / 1000) + 90
  const headers = { 'x-ratelimit-reset': reset }
  const { problem, json } = await listAt(
    t,
    (_request, response) => answer(response, 429, {}, headers),
    '--json',
  )
  const at = new Date(reset * 1000).toISOString()
  t.match(problem, `It resets at ${at} (in `)
  t.match(json(), { error: { code: 'rate_limited', status: 429, resetsAt: at } })
})

test('all requests wait for one reset, by the tenant’s clock, and no longer than the bound', async (t) => {
  const clock = quickClock()
  const limit = new RateLimit(clock, 30_000)
  const theirs = 1_000_000_000
  const resetsIn = (seconds: number) =>
    new Headers({
      date: new Date(theirs * 1000).toUTCString(),
      'x-ratelimit-reset': String(theirs + seconds),
    })
  const began = clock.time
  for (let request = 0; request < 4; request++) t.ok(limit.exceeded(resetsIn(20), 0))
  await Promise.all([limit.open(), limit.open()])
  t.ok(clock.time - began >= 20_000)
  t.ok(limit.exceeded(resetsIn(-5), 0), 'over by now')
  t.ok(limit.exceeded(resetsIn(-5), 1), 'and yet not: not at once again')
  t.ok(limit.exceeded(resetsIn(8), 0), 'counted but once')
  t.notOk(limit.exceeded(resetsIn(11), 0), 'enough')
  const undated = new Headers({ 'x-ratelimit-reset': String(Math.ceil(clock.time / 1000) + 12) })
  t.notOk(limit.exceeded(undated, 0), 'this machine’s clock where the tenant tells no time')
})

test('few requests are under way at once', async (t) => {
  let [now, most] = [0, 0]
  const origin = await serve(t, async (_request, response) => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setImmediate(resolve))
    now--
    answer(response, 200, EMPTY)
  })
  const { connections } = managementOf({ issuer: `${origin}/`, credentials: { token: 'opaque' } })
  await Promise.all(Array.from({ length: 12 }, () => connections.list()))
  t.ok(most > 1 && most <= 4, `${most} at once`)
})

test('nobody answers, or not in time, or with an error', async (t) => {
  const origin = await nowhere()
  const far = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'opaque' }
  const unreachable = await ran(connections, 'list', far)
  t.match(unreachable.problem, /^http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\./)
  t.match(unreachable.problem, 'npm run dev')
  const error = await errorOf(
    managementOf({ issuer: `${origin}/`, credentials: { token: '' } }).roles.list(),
  )
  t.match(error, { code: 'unreachable', status: undefined })

  const late = await listAt(t, () => false, '--timeout 0.1 --json')
  t.match(late.problem, /did not answer within 0\.1 s\.$/)
  t.match(late.json(), { error: { code: 'timeout', status: undefined } })
  const stalled = await listAt(t, (_request, response) => response.writeHead(200).write('{'), '', {
    AUTH0_MGMT_TIMEOUT: '0.1',
  })
  t.match(stalled.problem, /did not answer within 0\.1 s\.$/)

  const elsewhere = await listAt(t, (_request, response) => {
    response.writeHead(302, { location: 'https://elsewhere.test/' }).end()
    return true
  })
  t.match(elsewhere.problem, /cannot be reached \(unexpected redirect\)/)
  const html = await listAt(t, (_request, response) => {
    response.writeHead(502).end('<h1>Bad\n\u001b[31mgateway</h1>')
    return true
  })
  t.equal(html.problem, 'The tenant answers 502: <h1>Bad [31mgateway</h1>')
  const mute = await listAt(t, (_request, response) => answer(response, 400, {}))
  t.equal(mute.problem, 'The tenant answers 400: no reason')
  t.match(managementError(new TypeError('ours')), { name: 'TypeError' }, 'a fault stays one')
})

test('credentials that are no good', async (t) => {
  const { issuer } = await startTenant(t)
  const list = (environment: object) =>
    ran(connections, 'list --json', { AUTH0_DOMAIN: issuer, ...environment })
  const wrong = { AUTH0_MGMT_CLIENT_ID: 'local-management', AUTH0_MGMT_CLIENT_SECRET: 'not-this' }
  const secret = await list(wrong)
  t.match(secret.problem, /^The tenant answers 401 at its token endpoint: .* See AUTH0_MGMT_CLIENT/)
  t.match(secret.json(), { error: { code: 'invalid_client', status: 401 } })
  t.notOk(JSON.stringify(secret).includes('not-this'))
  const unauthorized = await list({
    AUTH0_MGMT_CLIENT_ID: 'messages-machine',
    AUTH0_MGMT_CLIENT_SECRET: 'messages-machine-secret',
  })
  t.match(unauthorized.json(), { error: { code: 'forbidden', status: 403 } })
  t.match((await list({ AUTH0_MGMT_TOKEN: 'no.good' })).json(), {
    error: { code: 'invalid_token', status: 401 },
  })
  const none = await ran(connections, 'list', { AUTH0_DOMAIN: 'tenant.test' })
  t.match(
    none.problem,
    /^https:\/\/tenant\.test\/ takes credentials: expected AUTH0_MGMT_CLIENT_ID/,
  )
  const pasted = await list({ AUTH0_MGMT_TOKEN: 'a token\nin lines' })
  t.equal(pasted.problem, 'AUTH0_MGMT_TOKEN is no bearer token.')
  for (const [name, value] of [
    ['AUTH0_MGMT_DOMAIN', 'tenant.test/path'],
    ['AUTH0_MGMT_TIMEOUT', 'soon'],
  ]) {
    t.ok(
      (await ran(connections, 'list', { AUTH0_DOMAIN: issuer, [assertDefined(name)]: value }))
        .problem,
    )
  }
})

test('a token is got once, and again before it expires', async (t) => {
  let lifetime = 3600
  let [tokens, lists] = [0, 0]
  const down = { status: 0 }
  const origin = await serve(t, (request, response) => {
    if (request.url !== '/oauth/token') {
      lists++
      return void answer(response, 200, EMPTY)
    }
    tokens++
    if (down.status > 0) return void response.writeHead(down.status).end('Down')
    answer(response, 200, { access_token: 'opaque', expires_in: lifetime })
  })
  const credentials = { clientId: 'a', clientSecret: 'b' }
  const { connections } = managementOf({ issuer: `${origin}/`, credentials })
  await Promise.all([connections.list(), connections.list()])
  await connections.list()
  t.strictSame([tokens, lists], [1, 3])
  lifetime = 30
  const other = managementOf({ issuer: `${origin}/`, credentials })
  await other.connections.list()
  await other.connections.list()
  t.equal(tokens, 3, 'it would have expired before its use')
  down.status = 503
  t.match(await errorOf(other.connections.list()), { code: 'server_error', status: 503 })
  down.status = 0
  await other.connections.list()
})

test('a missing scope is named, before anything is written where the token says its scopes', async (t) => {
  const { issuer, directory } = await startTenant(t, { seed: 'empty' })
  const apply = `--apply --file ${tenantYaml}`
  const grant = assertDefined(directory.clientGrants.get('cgr_management'))
  const all = grant.scope
  grant.scope = all.filter((scope) => !['create:roles', 'update:roles'].includes(scope))
  const told = await ran(provision, apply, { AUTH0_DOMAIN: issuer })
  t.match(told.problem, /^The token lacks the scopes create:roles, update:roles: grant it/)
  t.match([...directory.resourceServers], [], 'nothing was written')
  grant.scope = all.filter((scope) => scope !== 'read:roles')
  const unread = await ran(provision, `${apply} --json`, { AUTH0_DOMAIN: issuer })
  t.match(unread.json(), {
    error: { code: 'insufficient_scope', status: 403, scopes: ['read:roles'] },
  })
  const token = await managementToken(issuer)
  const { origin } = await between(t, issuer, ({ headers }) => {
    headers.authorization = `Bearer ${token}`
    return false
  })
  const silent = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'opaque' }
  const late = await ran(provision, apply, silent)
  t.match(late.problem, /^The token lacks the scope read:roles: grant it to the client/)
  const nothing = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'e30.e30.e30' }
  t.match((await ran(provision, apply, nothing)).problem, 'lacks the scope read:roles')
  const says = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: tokenWith('read:users') }
  t.match((await ran(connections, 'list', says)).problem, 'lacks the scope read:connections')
})

test('unknown ids, and what exists already', async (t) => {
  const { issuer } = await startTenant(t)
  const unknown = await ran(connections, 'get con_nobody --json', { AUTH0_DOMAIN: issuer })
  t.equal(unknown.problem, 'The tenant answers 404: The connection does not exist.')
  t.match(unknown.json(), { error: { code: 'not_found', status: 404 } })
  const { roles } = managementOf({ issuer, credentials: { token: await managementToken(issuer) } })
  t.match(await errorOf(roles.create({ name: 'admin' })), { code: 'conflict', status: 409 })
})
