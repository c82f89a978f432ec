import type { FastifyInstance, FastifyPluginAsync, RouteShorthandOptions } from 'fastify'
import { type Test, test } from 'tap'
import { fail, type RequestLimit } from '../../src/index.ts'
import { ORIGIN, testApp } from '../support/app.ts'
import { sendRaw } from '../support/raw-http.ts'
import { token } from '../support/tokens/tokens.ts'

const PATH = '/limited'
const LIMITED: RequestLimit = { max: 2, window: 60, per: 'subject' }

/** Routes with one limit: it is declared by `config`. */
function limitedRoutes(config: RouteShorthandOptions['config']): FastifyPluginAsync {
  return async (app) => {
    const options = { config: { access: {}, limit: LIMITED, ...config } }
    app.get(PATH, options, () => ({ message: 'read' }))
    app.post(PATH, options, () => ({ message: 'written' }))
    app.get('/other', { config: { access: {} } }, () => ({ message: 'other' }))
  }
}

function limitedApp(
  t: Test,
  config: RouteShorthandOptions['config'] = {},
  environment: Record<string, string> = {},
) {
  return testApp(t, { routes: [limitedRoutes(config)], environment })
}

const bearer = (claims: Record<string, unknown> = {}) => ({
  authorization: `Bearer ${token(claims)}`,
})

/** The statuses of several calls, one after the other. */
async function statuses(app: FastifyInstance, requests: readonly object[]): Promise<number[]> {
  const found: number[] = []
  for (const request of requests) {
    const { statusCode } = await app.inject({ url: PATH, ...request })
    found.push(statusCode)
  }
  return found
}

test('a subject that reaches the limit of a route gets 429', async (t) => {
  const { app, log } = await limitedApp(t)
  const call = (claims = {}) => app.inject({ url: PATH, headers: bearer(claims) })
  for (const remaining of ['1', '0']) {
    const { statusCode, headers } = await call()
    t.equal(statusCode, 200)
    t.match(headers, { 'ratelimit-limit': '2', 'ratelimit-remaining': remaining })
    t.match(headers['ratelimit-reset'], /^([1-9]|[1-5]\d|60)$/)
  }
  const { statusCode, body, headers } = await call()
  t.equal(statusCode, 429)
  t.equal(body, '{"message":"Too Many Requests"}')
  t.match(headers, { 'ratelimit-limit': '2', 'ratelimit-remaining': '0' })
  t.equal(headers['retry-after'], headers['ratelimit-reset'])
  t.match(headers['retry-after'], /^([1-9]|[1-5]\d|60)$/)
  t.match(log.at(-1), { status: 429, refusal: 'rate_limited', route: PATH })
  t.equal((await call({ sub: 'somebody else' })).statusCode, 200)
})

test('GET and HEAD are counted together, other methods and routes are not', async (t) => {
  const { app } = await limitedApp(t)
  const headers = bearer()
  const requests = [
    { headers },
    { method: 'HEAD', headers },
    { headers },
    { method: 'HEAD', headers },
    { method: 'POST', headers },
    { url: '/other', headers },
  ]
  t.strictSame(await statuses(app, requests), [200, 200, 429, 429, 200, 200])
})

test('a window ends after its seconds', async (t) => {
  const { app } = await limitedApp(t, { limit: { max: 1, window: 60, per: 'subject' } })
  const headers = bearer()
  t.strictSame(await statuses(app, [{ headers }, { headers }]), [200, 429])
  let now = performance.now()
  t.intercept(performance, 'now', { value: () => now })
  now += 61_000
  t.strictSame(await statuses(app, [{ headers }, { headers }]), [200, 429])
})

test('requests that are not authorized do not count, and neither do dry runs', async (t) => {
  const { app } = await limitedApp(t, { access: { permissions: ['write'] } })
  const headers = bearer({ permissions: ['write'] })
  const rejected = [{}, { headers: bearer() }, { headers: { authorization: 'Bearer bad' } }]
  t.strictSame(await statuses(app, [...rejected, ...rejected]), [401, 403, 401, 401, 403, 401])
  for (let times = 0; times < 5; times += 1) {
    const { status } = await app.dryRun({ method: 'GET', url: PATH, headers })
    t.equal(status, 204)
  }
  t.strictSame(await statuses(app, [{ headers }, { headers }, { headers }]), [200, 200, 429])
})

test('a limit per organization counts a token without one by its subject', async (t) => {
  const { app } = await limitedApp(
    t,
    { limit: { max: 1, window: 60, per: 'organization' } },
    { AUTH0_ORGANIZATIONS: 'org_a1,org_b2', ORGANIZATION_REQUIRED: 'false' },
  )
  const call = (sub: string, organization?: string) => ({
    headers: bearer({ sub, ...(organization !== undefined && { org_id: organization }) }),
  })
  const requests = [
    call('uma', 'org_a1'),
    call('leo', 'org_a1'),
    call('leo', 'org_b2'),
    call('uma'),
    call('org_a1'),
    call('uma'),
  ]
  t.strictSame(await statuses(app, requests), [200, 429, 200, 200, 200, 429])
})

test('D.1 test 11: one subject of two issuers is two principals', async (t) => {
  const issuers = { AUTH0_DOMAIN: 'tenant.test,login.tenant.test', AUTH0_ORGANIZATIONS: 'org_a1' }
  const environment = { ...issuers, ORGANIZATION_REQUIRED: 'false' }
  const call = (iss: string, claims = {}) => ({ headers: bearer({ iss, ...claims }) })
  const [one, other] = ['https://tenant.test/', 'https://login.tenant.test/'] as const
  const perSubject = await limitedApp(t, { limit: { ...LIMITED, max: 1 } }, environment)
  const requests = [call(one), call(one), call(other), call(other), call(one)]
  t.strictSame(await statuses(perSubject.app, requests), [200, 429, 200, 429, 429])

  const limit = { max: 1, window: 60, per: 'organization' } as const
  const { app } = await limitedApp(t, { limit }, environment)
  const member = { org_id: 'org_a1' }
  const calls = [call(one, member), call(other, member), call(one), call(other), call(one)]
  t.strictSame(await statuses(app, calls), [200, 429, 200, 200, 429])
})

test('a limit per address ignores the port that a proxy adds', async (t) => {
  const { app } = await limitedApp(
    t,
    { access: 'public', limit: { max: 1, window: 60, per: 'address' } },
    { TRUST_PROXY: 'loopback' },
  )
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  const requests = ['203.0.113.9', '203.0.113.9:51234', '[::ffff:203.0.113.9]:1', '203.0.113.8']
  t.strictSame(await statuses(app, requests.map(from)), [200, 429, 429, 200])
})

test('where access is optional, a request without a token counts by its address', async (t) => {
  const { app } = await limitedApp(t, {
    access: { optional: true },
    limit: { max: 1, window: 60, per: 'subject' },
  })
  const requests = [{}, {}, { headers: bearer() }, { remoteAddress: '192.0.2.2' }]
  t.strictSame(await statuses(app, requests), [200, 429, 200, 200])
})

test('10,000 keys are tracked for each route', async (t) => {
  const { app } = await limitedApp(
    t,
    { access: 'public', limit: { max: 1, window: 600, per: 'address' } },
    { LOG_LEVEL: 'silent' },
  )
  const call = async (number: number) => {
    const remoteAddress = `10.0.${number >> 8}.${number & 255}`
    return (await app.inject({ url: PATH, remoteAddress })).statusCode
  }
  for (let number = 0; number < 10_000; number += 1) await call(number)
  t.equal(await call(0), 429, 'the first of 10,000')
  await call(10_000)
  t.equal(await call(1), 200, 'the least recently seen key was evicted')
})

test('browsers may read the headers of a limited route, and only there', async (t) => {
  const { app } = await limitedApp(t)
  const exposed = async (url: string) => {
    const { headers } = await app.inject({ url, headers: { ...bearer(), origin: ORIGIN } })
    t.equal(headers['access-control-allow-origin'], ORIGIN)
    return String(headers['access-control-expose-headers'])
  }
  const rateLimit = /, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset$/
  for (const _ of ['allowed', 'allowed', 'limited']) t.match(await exposed(PATH), rateLimit)
  t.notMatch(await exposed('/other'), /RateLimit/)
})

test('a 429 of the product itself keeps its body', async (t) => {
  const routes: FastifyPluginAsync = async (app) => {
    app.get(PATH, { config: { access: {}, limit: LIMITED } }, () => fail(429, { code: 'own' }))
  }
  const { app, log } = await testApp(t, { routes: [routes] })
  const { body, headers } = await app.inject({ url: PATH, headers: bearer() })
  t.match(body, '"code":"own"')
  t.equal(headers['retry-after'], undefined)
  t.notOk(log.at(-1)?.['refusal'])
})

test('the limit holds before the body is read', async (t) => {
  const { app } = await limitedApp(t, { limit: { max: 1, window: 60, per: 'subject' } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.addresses()[0] as { port: number }
  t.strictSame(await statuses(app, [{ method: 'POST', headers: bearer() }]), [200])
  const { authorization } = bearer()
  const head = `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n`
  const body =
    'Content-Type: application/json\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n'
  const received = await sendRaw(port, '127.0.0.1', head + body)
  t.match(received, /^HTTP\/1\.1 429 /)
  t.notMatch(received, /100 Continue/i)
})

const INVALID: readonly (readonly [limit: unknown, access: unknown, problem: RegExp])[] = [
  ['20/minute', {}, /has a limit that is not an object/],
  [null, {}, /has a limit that is not an object/],
  [{ ...LIMITED, windows: 60 }, {}, /has an unknown limit key 'windows'/],
  [{ ...LIMITED, max: 0 }, {}, /whose max is not an integer of 1 or more/],
  [{ ...LIMITED, max: '2' }, {}, /whose max is not/],
  [{ ...LIMITED, max: Infinity }, {}, /whose max is not/],
  [{ max: 2, per: 'subject' }, {}, /whose window is not an integer of seconds/],
  [{ ...LIMITED, window: 0.5 }, {}, /whose window is not/],
  [{ ...LIMITED, window: '1 minute' }, {}, /whose window is not/],
  [{ ...LIMITED, window: 31_536_001 }, {}, /whose window is not/],
  [{ max: 2, window: 60 }, {}, /whose per is not 'subject', 'address' or 'organization'/],
  [{ ...LIMITED, per: 'ip' }, {}, /whose per is not/],
  [LIMITED, 'public', /has a limit per subject, but is public/],
  [{ ...LIMITED, per: 'organization' }, 'public', /has a limit per organization, but is public/],
]

test('an invalid limit stops the start, with a sentence that names the route', async (t) => {
  for (const [limit, access, problem] of INVALID) {
    const starting = limitedApp(t, { limit, access } as RouteShorthandOptions['config'])
    await t.rejects(starting, { message: new RegExp(`The route GET ${PATH} .*${problem.source}`) })
  }
})

test('a long subject is counted like any other', async (t) => {
  const { app } = await limitedApp(t, { limit: { max: 1, window: 60, per: 'subject' } })
  const headers = bearer({ sub: 'x'.repeat(500) })
  t.strictSame(await statuses(app, [{ headers }, { headers }]), [200, 429])
})
