import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Test, test } from 'tap'
import { fail } from '../../src/http/http-error.ts'
import type { Principal } from '../../src/tokens/principal.ts'
import { testApp } from '../support/app.ts'
import { ISSUER, token } from '../support/tokens/tokens.ts'

const ON = { AUDIT_LOG: 'true' }

function ownsIt({ subject }: Principal, { params }: FastifyRequest) {
  const { owner } = params as { owner: string }
  if (owner === 'broken') throw new Error('database down')
  return owner === subject
}

async function routes(app: FastifyInstance): Promise<void> {
  const body = { type: 'object', required: ['title'], properties: { title: { type: 'string' } } }
  app.get('/own/:owner', { config: { access: { check: ownsIt } } }, () => ({}))
  app.post('/own/:owner', { config: { access: { check: ownsIt } }, schema: { body } }, () => ({}))
  app.post('/notes', { config: { access: {} }, schema: { body } }, () => ({}))
  app.get('/admin', { config: { access: { permissions: ['read:x'] } } }, () => ({}))
  app.get('/locked', { config: { access: {} } }, () => fail(409, { code: 'note_locked' }))
  app.get('/optional', { config: { access: { optional: true } }, logLevel: 'silent' }, () => ({}))
  app.get('/public', { config: { access: 'public' } }, () => ({}))
}

/** An app with audit lines. */
async function audited(t: Test, environment = {}) {
  const { app, log } = await testApp(t, {
    routes: [routes],
    environment: { ...ON, ...environment },
  })
  return {
    app,
    log,
    lines: () => log.filter(({ event }) => event === 'audit'),
    async call(
      method: 'GET' | 'POST',
      url: string,
      changes?: Record<string, unknown>,
      headers = {},
    ) {
      const authorization = changes && { authorization: `Bearer ${token(changes)}` }
      return app.inject({ method, url, headers: { ...authorization, ...headers } })
    },
  }
}

test('the form of an audit line', async (t) => {
  const { call, log } = await audited(t)
  const claims = { sub: 'auth0|1', azp: 'the-client', act: { sub: 'auth0|support' } }
  const { headers } = await call('GET', '/own/auth0|1?secret=1', claims)
  const { time, ...line } = log.at(-1) ?? {}
  t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const expected = {
    level: 30,
    event: 'audit',
    requestId: headers['x-request-id'],
    outcome: 'allowed',
    status: 200,
    refusal: null,
    method: 'GET',
    route: '/own/:owner',
    subject: 'auth0|1',
    organization: null,
    client: 'the-client',
    actor: 'auth0|support',
    issuer: ISSUER,
    traceId: null,
    spanId: null,
    msg: 'audit',
  }
  t.strictSame(line, expected)
  t.strictSame(Object.keys(line), Object.keys(expected), 'in this order')
})

test('D.1 test 11: one subject of two issuers has two kinds of lines', async (t) => {
  const { call, lines } = await audited(t, { AUTH0_DOMAIN: 'tenant.test,login.tenant.test' })
  const issuers = [ISSUER, 'https://login.tenant.test/']
  for (const iss of issuers) await call('GET', '/own/me', { iss, sub: 'me' })
  await call('GET', '/own/me', { iss: 'https://third.test/', sub: 'me' })
  const who = lines().map(({ subject, issuer }) => [subject, issuer])
  t.strictSame(who, [...issuers.map((issuer) => ['me', issuer]), [null, null]])
})

test('every outcome', async (t) => {
  const { call, lines } = await audited(t, { AUTH0_ORGANIZATIONS: 'org_a' })
  const mine = { sub: 'me', org_id: 'org_a' }
  const json = { 'content-type': 'application/json' }
  await call('GET', '/admin')
  await call('GET', '/admin', { ...mine, exp: 1 })
  await call('GET', '/admin', { ...mine, org_id: 'org_b' })
  await call('GET', '/admin', mine)
  await call('GET', '/own/other', mine)
  await call('GET', '/own/broken', mine)
  await call('POST', '/notes', mine, json)
  await call('POST', '/own/me', mine, json)
  await call('GET', '/locked', mine)
  await call('GET', '/optional')
  t.strictSame(
    lines().map(({ outcome, status, refusal, subject, organization }) =>
      [outcome, status, refusal, subject, organization].join(' '),
    ),
    [
      'denied 401 credentials_missing  ',
      'denied 401 token_expired  ',
      'denied 401 organization_unknown me org_b',
      'denied 403 permission_missing me org_a',
      'denied 403 check_failed me org_a',
      'denied 500  me org_a',
      'allowed 400 body_empty me org_a',
      'denied 400 body_empty me org_a',
      'allowed 409  me org_a',
      'allowed 200   ',
    ],
  )
})

test('no audit line: public and unknown routes, other methods, dry runs, and by default', async (t) => {
  const { app, call, lines } = await audited(t)
  await call('GET', '/public')
  await call('GET', '/nowhere', {})
  await call('GET', '/livez', {})
  t.equal((await call('POST', '/admin', {})).statusCode, 405)
  const authorization = `Bearer ${token()}`
  t.match(await app.dryRun({ method: 'GET', url: '/admin', headers: { authorization } }), {
    code: 'permission_missing',
  })
  t.strictSame(lines(), [])
  const off = await testApp(t)
  await off.call('/probe/protected', token())
  t.notOk(off.log.some(({ event }) => event === 'audit'))
})

test('the level of the log and of a route do not turn audit lines off', async (t) => {
  const { call, log } = await audited(t, { LOG_LEVEL: 'silent' })
  await call('GET', '/optional', {})
  t.match(log, [{ event: 'audit', route: '/optional' }])
  t.equal(log.length, 1)
})

test('claims are bounded, and stay inside of one line of JSON', async (t) => {
  const { call, lines, log } = await audited(t)
  const sub = `a"\n\u2028{"event":"audit"}\\${'x'.repeat(1_000)}`
  await call('GET', '/optional', { sub, azp: '\u0000'.repeat(256), client_id: 'b' })
  t.equal(log.length, 1)
  const [line] = lines()
  t.equal(line?.['subject'], `${sub.slice(0, 255)}…`)
  t.equal(line?.['client'], '\u0000'.repeat(256))
})

test('nothing of a request but verified claims is in an audit line', async (t) => {
  const { call, lines } = await audited(t)
  const headers = { 'x-request-id': 'PLANTED', 'user-agent': 'PLANTED', host: 'planted.test' }
  await call('GET', '/own/PLANTED?PLANTED=PLANTED', { sub: 'me' }, headers)
  await call('GET', '/own/x', { sub: 'PLANTED', azp: 'PLANTED', exp: 1 }, headers)
  t.equal(lines().length, 2)
  t.notMatch(JSON.stringify(lines()), /planted/i)
})

/** A route that answers only after the connection of its client is closed. */
async function slow(app: FastifyInstance): Promise<void> {
  app.get('/slow', { config: { access: {} } }, async ({ raw, log }, reply) => {
    log.info({ event: 'began' })
    await once(raw.socket, 'close')
    reply.code(201)
    return {}
  })
}

test('a client that does not wait for the response has an audit line', async (t) => {
  const { app, log } = await testApp(t, { routes: [slow, routes], environment: ON, now: Date.now })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const send = (head: string) => {
    const seconds = Math.floor(Date.now() / 1000)
    const bearer = token({ sub: 'me', iat: seconds, exp: seconds + 60 })
    const lines = [head, 'Host: localhost', `Authorization: Bearer ${bearer}`]
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    return socket
  }
  const lines = (event: string) => log.filter((line) => line['event'] === event)
  const socket = send('GET /slow HTTP/1.1')
  while (lines('began').length === 0) await setImmediate()
  socket.destroy()
  while (lines('audit').length === 0) await setImmediate()
  t.match(lines('audit'), [{ outcome: 'allowed', status: null, route: '/slow', subject: 'me' }])

  const early = send('POST /notes HTTP/1.1\r\nContent-Length: 5\r\nContent-Type: text/x')
  await once(early, 'data')
  early.destroy()
  while ((await connections(app)) > 0) await setImmediate()
  t.match(lines('audit').slice(1), [{ status: 415, route: '/notes' }])
  t.equal(lines('audit').length, 2, 'a response has one line, also if its client leaves')
})

function connections({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))
}
