import { join } from 'node:path'
import { type Test, test } from 'tap'
import { main as connections } from '../../src/cli/connections.ts'
import { main as organizations } from '../../src/cli/organizations.ts'
import { main as provision } from '../../src/cli/provision.ts'
import { createManagementClient } from '../../src/management/client/client.ts'
import { ManagementError, toManagementError } from '../../src/management/client/errors.ts'
import { RateLimit } from '../../src/management/client/rate-limit.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import {
  answer,
  type Intercept,
  recordingProxy,
  runManagementCommand,
  tokenWith,
  unreachableOrigin,
} from '../support/management.ts'
import { managementToken } from '../support/manager.ts'
import { serve } from '../support/process.ts'
import { startTenant } from '../support/visitor.ts'

const EMPTY = { connections: [] }
const tenantYaml = join(import.meta.dirname, '../../tenant.yaml')

/** Lists connections at a server that answers by itself. */
async function listAt(t: Test, intercept: Intercept, args = '', environment = {}) {
  const origin = await serve(t, (request, response) => void intercept(request, response))
  const sources = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'opaque', ...environment }
  return runManagementCommand(connections, `list ${args}`, sources)
}

/** The error of a call, converted. */
async function errorOf(work: Promise<unknown>): Promise<ManagementError> {
  try {
    await work
  } catch (error) {
    const ours = toManagementError(error)
    if (ours instanceof ManagementError) return ours
  }
  throw new Error('There was no ManagementError.')
}

/** A clock that sleeps without waiting. */
function fakeClock() {
  const clock = {
    time: Date.now(),
    now: () => clock.time,
    async sleep(time: number) {
      clock.time += time
    },
  }
  return clock
}

test('waits for a rate limit that resets in 2 s', async (t) => {
  const { issuer } = await startTenant(t)
  await fetch(`${issuer}local-tenant/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault: 'rate-limit', seconds: 2 }),
  })
  const began = Date.now()
  const { problem, out } = await runManagementCommand(connections, 'list', { AUTH0_DOMAIN: issuer })
  t.equal(problem, undefined)
  t.match(out, /^con_people /m)
  const took = Date.now() - began
  t.ok(took >= 1900 && took < 8000, `${took} ms`)
})

test('backs off within the budget if the reset time is unknown', async (t) => {
  let requests = 0
  const origin = await serve(t, (_request, response) => {
    requests++
    answer(response, 429, { statusCode: 429, message: 'Global limit has been reached' })
  })
  const clock = fakeClock()
  const began = clock.time
  const { connections } = createManagementClient({
    issuer: `${origin}/`,
    credentials: { token: 'opaque' },
    clock,
  })
  const error = await errorOf(connections.list())
  t.match(error, { code: 'rate_limited', status: 429, details: { resetsAt: 'unknown' } })
  t.match(error.description, 'The time of the reset is unknown')
  t.equal(requests, 5, '1, 2, 4 and 8 seconds later')
  t.equal(clock.time - began, 15_000)
})

test('fails with the reset time if the wait would be too long', async (t) => {
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

test('all requests wait for one reset, by the tenant’s clock, within the budget', async (t) => {
  const clock = fakeClock()
  const limit = new RateLimit(clock, 30_000)
  const theirs = 1_000_000_000
  const resetsIn = (seconds: number) =>
    new Headers({
      date: new Date(theirs * 1000).toUTCString(),
      'x-ratelimit-reset': String(theirs + seconds),
    })
  const began = clock.time
  for (let request = 0; request < 4; request++) t.ok(limit.recordExceeded(resetsIn(20), 0))
  await Promise.all([limit.waitUntilOpen(), limit.waitUntilOpen()])
  t.ok(clock.time - began >= 20_000)
  t.ok(limit.recordExceeded(resetsIn(-5), 0), 'already reset')
  t.ok(limit.recordExceeded(resetsIn(-5), 1), 'exceeded again: backs off')
  t.ok(limit.recordExceeded(resetsIn(8), 0), 'counted once')
  t.notOk(limit.recordExceeded(resetsIn(11), 0), 'over the budget')
  const undated = new Headers({ 'x-ratelimit-reset': String(Math.ceil(clock.time / 1000) + 12) })
  t.notOk(limit.recordExceeded(undated, 0), 'this machine’s clock if there is no Date header')
})

test('limits the number of concurrent requests', async (t) => {
  let [now, most] = [0, 0]
  const origin = await serve(t, async (_request, response) => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setImmediate(resolve))
    now--
    answer(response, 200, EMPTY)
  })
  const { connections } = createManagementClient({
    issuer: `${origin}/`,
    credentials: { token: 'opaque' },
  })
  await Promise.all(Array.from({ length: 12 }, () => connections.list()))
  t.ok(most > 1 && most <= 4, `${most} at once`)
})

test('unreachable, too slow, or returning errors', async (t) => {
  const origin = await unreachableOrigin()
  const far = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'opaque' }
  const unreachable = await runManagementCommand(connections, 'list', far)
  t.match(unreachable.problem, /^Cannot reach http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\./)
  t.match(unreachable.problem, 'npm run dev')
  const error = await errorOf(
    createManagementClient({ issuer: `${origin}/`, credentials: { token: '' } }).roles.list(),
  )
  t.match(error, { code: 'unreachable', status: undefined })

  const late = await listAt(t, () => false, '--timeout 0.1 --json')
  t.match(late.problem, /did not respond within 0\.1 s\.$/)
  t.match(late.json(), { error: { code: 'timeout', status: undefined } })
  const stalled = await listAt(t, (_request, response) => response.writeHead(200).write('{'), '', {
    AUTH0_MGMT_TIMEOUT: '0.1',
  })
  t.match(stalled.problem, /did not respond within 0\.1 s\.$/)

  const elsewhere = await listAt(t, (_request, response) => {
    response.writeHead(302, { location: 'https://elsewhere.test/' }).end()
    return true
  })
  t.match(elsewhere.problem, /Cannot reach \S+ \(unexpected redirect\)/)
  const html = await listAt(t, (_request, response) => {
    response.writeHead(502).end('<h1>Bad\n\u001b[31mgateway</h1>')
    return true
  })
  t.equal(html.problem, 'The tenant returned HTTP 502: <h1>Bad [31mgateway</h1>')
  for (const [body, problem] of [
    ['x'.repeat(9_000_000), 'The response is larger than 8388608 bytes.'],
    ['['.repeat(1_000), 'The response has more than 100 levels.'],
  ] as const) {
    const endless = await listAt(t, (_request, response) => Boolean(response.end(body)))
    t.match(endless.problem, `did not respond as expected. ${problem}`)
  }
  const mute = await listAt(t, (_request, response) => answer(response, 400, {}))
  t.equal(mute.problem, 'The tenant returned HTTP 400: no message')
  t.match(
    toManagementError(new TypeError('ours')),
    { name: 'TypeError' },
    'other errors are returned unchanged',
  )
})

test('invalid credentials', async (t) => {
  const { issuer } = await startTenant(t)
  const list = (environment: object) =>
    runManagementCommand(connections, 'list --json', { AUTH0_DOMAIN: issuer, ...environment })
  const wrong = { AUTH0_MGMT_CLIENT_ID: 'local-management', AUTH0_MGMT_CLIENT_SECRET: 'not-this' }
  const secret = await list(wrong)
  t.match(
    secret.problem,
    /^The tenant's token endpoint returned HTTP 401: .* Check AUTH0_MGMT_CLIENT/,
  )
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
  const none = await runManagementCommand(connections, 'list', { AUTH0_DOMAIN: 'tenant.test' })
  t.match(none.problem, /^https:\/\/tenant\.test\/ requires credentials: set AUTH0_MGMT_CLIENT_ID/)
  const pasted = await list({ AUTH0_MGMT_TOKEN: 'a token\nin lines' })
  t.equal(pasted.problem, 'AUTH0_MGMT_TOKEN is not a bearer token.')
  for (const [name, value] of [
    ['AUTH0_MGMT_DOMAIN', 'tenant.test/path'],
    ['AUTH0_MGMT_TIMEOUT', 'soon'],
  ]) {
    t.ok(
      (
        await runManagementCommand(connections, 'list', {
          AUTH0_DOMAIN: issuer,
          [assertDefined(name)]: value,
        })
      ).problem,
    )
  }
})

test('a token is requested once, and renewed before it expires', async (t) => {
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
  const { connections } = createManagementClient({ issuer: `${origin}/`, credentials })
  await Promise.all([connections.list(), connections.list()])
  await connections.list()
  t.strictSame([tokens, lists], [1, 3])
  lifetime = 30
  const other = createManagementClient({ issuer: `${origin}/`, credentials })
  await other.connections.list()
  await other.connections.list()
  t.equal(tokens, 3, 'it would have expired before its use')
  down.status = 503
  t.match(await errorOf(other.connections.list()), { code: 'server_error', status: 503 })
  down.status = 0
  await other.connections.list()
})

test('a missing scope is named, and before any change if the token lists its scopes', async (t) => {
  const { issuer, directory } = await startTenant(t, { seed: 'empty' })
  const apply = `--apply --file ${tenantYaml}`
  const grant = assertDefined(directory.clientGrants.get('cgr_management'))
  const all = grant.scope
  grant.scope = all.filter((scope) => !['create:roles', 'update:roles'].includes(scope))
  const told = await runManagementCommand(provision, apply, { AUTH0_DOMAIN: issuer })
  t.match(told.problem, /^The token lacks the scopes create:roles, update:roles: grant it/)
  t.match([...directory.resourceServers], [], 'nothing was written')
  grant.scope = all.filter((scope) => scope !== 'read:roles')
  const unread = await runManagementCommand(provision, `${apply} --json`, { AUTH0_DOMAIN: issuer })
  t.match(unread.json(), {
    error: { code: 'insufficient_scope', status: 403, scopes: ['read:roles'] },
  })
  const token = await managementToken(issuer)
  const { origin } = await recordingProxy(t, issuer, ({ headers }) => {
    headers.authorization = `Bearer ${token}`
    return false
  })
  const silent = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'opaque' }
  const late = await runManagementCommand(provision, apply, silent)
  t.match(late.problem, /^The token lacks the scope read:roles: grant it to the client/)
  const nothing = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: 'e30.e30.e30' }
  t.match(
    (await runManagementCommand(provision, apply, nothing)).problem,
    'lacks the scope read:roles',
  )
  const says = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: tokenWith('read:users') }
  t.match(
    (await runManagementCommand(connections, 'list', says)).problem,
    'lacks the scope read:connections',
  )
})

test('unknown ids, and resources that already exist', async (t) => {
  const { issuer } = await startTenant(t)
  const unknown = await runManagementCommand(connections, 'get con_nobody --json', {
    AUTH0_DOMAIN: issuer,
  })
  t.equal(unknown.problem, 'The tenant returned HTTP 404: The connection does not exist.')
  t.match(unknown.json(), { error: { code: 'not_found', status: 404 } })
  const { roles } = createManagementClient({
    issuer,
    credentials: { token: await managementToken(issuer) },
  })
  t.match(await errorOf(roles.create({ name: 'admin' })), { code: 'conflict', status: 409 })
})

test('credentials are not sent to the local tenant by default', async (t) => {
  const requests: string[] = []
  const origin = await serve(t, ({ url = '' }, response) => {
    requests.push(url)
    response.end()
  })
  const TENANT_PORT = new URL(origin).port
  for (const credentials of [
    { AUTH0_MGMT_TOKEN: 'opaque' },
    { AUTH0_MGMT_CLIENT_ID: 'id', AUTH0_MGMT_CLIENT_SECRET: 'secret' },
  ]) {
    for (const command of [connections, organizations]) {
      const sources = { TENANT_PORT, AUTH0_DOMAIN: '', ...credentials }
      const { problem } = await runManagementCommand(command, 'list', sources)
      t.match(problem, /^AUTH0_DOMAIN is not set, but AUTH0_MGMT_\* is: .* Nothing was sent\./)
    }
  }
  t.strictSame(requests, [])
})
