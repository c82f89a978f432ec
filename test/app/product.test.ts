import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { test } from 'tap'
import type { FailStatus } from '../../src/http/http-error.ts'
import { fail } from '../../src/http/http-error.ts'
import { listen } from '../../src/lifecycle/listen.ts'
import type { Principal } from '../../src/tokens/principal.ts'
import { testApp } from '../support/app.ts'
import { sendRaw } from '../support/raw-http.ts'
import { token } from '../support/tokens/tokens.ts'

const bearer = (changes = {}) => ({ authorization: `Bearer ${token(changes)}` })

function ownsIt({ subject }: Principal, { params }: FastifyRequest) {
  const { owner } = params as { owner: string }
  if (owner === 'broken') throw new Error('database down')
  return owner === subject
}
const saysYes = async () => 'yes' as unknown as boolean

const body = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: {
    title: { type: 'string', maxLength: 10 },
    kind: { enum: ['memo', 'list'] },
    tags: { type: 'array', items: { type: 'string' } },
    count: { type: 'integer', default: 1 },
    meta: { type: 'object', additionalProperties: { type: 'string' } },
    deep: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { a: { type: 'string' } } },
    },
  },
}

/** Routes with every kind of policy and body. */
async function routes(app: FastifyInstance): Promise<void> {
  const who = ({ principal }: FastifyRequest) => ({ message: principal?.subject ?? 'nobody' })
  app.get('/optional', { config: { access: { optional: true } } }, who)
  app.get('/scopes', { config: { access: { scopes: ['read:x', 'read:y'] } } }, who)
  app.get('/own/:owner', { config: { access: { check: ownsIt } } }, who)
  app.get('/yes', { config: { access: { check: saysYes } } }, who)
  const write = { access: { permissions: ['write:notes'] } }
  app.post('/notes', { config: write, schema: { body } }, ({ body }) => body)
  app.post('/empty', { config: write }, () => ({ message: 'done' }))
  app.get('/page', {
    config: { access: 'public' },
    schema: { querystring: { type: 'object', properties: { page: { type: 'integer' } } } },
    handler: ({ query }) => query,
  })
  app.get<{ Params: { status: string } }>(
    '/fail/:status',
    { config: { access: 'public' } },
    async ({ params }) => {
      const detail = { code: 'note_locked', message: 'The note is locked', errors: [] }
      return fail(Number(params.status) as FailStatus, detail)
    },
  )
  app.get('/plain', { config: { access: 'public' } }, () => fail(409))
  const forget = async (request: FastifyRequest) => {
    request.authorized = false
  }
  app.get('/undecided', { config: { access: {} }, preValidation: forget }, who)
}

test('optional: without credentials there is no principal, and a bad token is 401', async (t) => {
  const { app } = await testApp(t, { routes: [routes] })
  const get = (headers = {}) => app.inject({ url: '/optional', headers })
  t.match(await get(), { statusCode: 200, body: '{"message":"nobody"}' })
  t.match(await get({ authorization: 'Basic eA==' }), { statusCode: 200 })
  t.match(await get(bearer()), { statusCode: 200, body: '{"message":"auth0|1"}' })
  t.match(await get(bearer({ aud: 'other' })), { statusCode: 401 })
  t.match(await get({ authorization: 'Bearer a b' }), { statusCode: 400 })
})

test('scopes', async (t) => {
  const { call, log } = await testApp(t, { routes: [routes] })
  t.match(await call('/scopes', token({ scope: 'read:x read:y' })), { status: 200 })
  const denied = await call('/scopes', token({ scope: 'read:x' }))
  t.match(denied, { status: 403, message: 'Permission denied' })
  t.match(denied.headers['www-authenticate'], /insufficient_scope.*scope="read:x read:y"/)
  t.match(log.at(-1), { refusal: 'scope_missing' })
})

test('a check of the product', async (t) => {
  const { call, log } = await testApp(t, { routes: [routes] })
  t.match(await call('/own/auth0%7C1', token()), { status: 200 })
  const denied = await call('/own/other', token())
  t.match(denied, { status: 403, message: 'Permission denied' })
  t.match(denied.headers['www-authenticate'], /insufficient_scope", error_description="[^"]+"$/)
  t.match(log.at(-1), { refusal: 'check_failed', check: 'ownsIt' })
  t.match(await call('/own/broken', token()), { status: 500, message: 'Internal Server Error' })
  t.match(await call('/yes', token()), { status: 403 }, 'only true allows')
  t.match(await call('/own/other'), { status: 401 })
})

test('a request without an access decision is 500', async (t) => {
  const { call } = await testApp(t, { routes: [routes] })
  t.match(await call('/undecided', token()), { status: 500, message: 'Internal Server Error' })
})

test('impossible policies stop the start', async (t) => {
  const { app } = await testApp(t)
  const declare = (access: unknown) => () =>
    app.get('/new', { config: { access: access as 'public' } }, () => ({}))
  t.throws(declare({ check: () => true, permissions: [] }), /not a non-empty array/)
  t.throws(
    declare({
      check: (
        () => () =>
          true
      )(),
    }),
    /check is not a named function/,
  )
  t.throws(declare({ check: 'ownsIt' }), /check is not a named function/)
  t.throws(declare({ optional: true, permissions: ['x'] }), /optional is not true, or not alone/)
  t.throws(declare({ optional: 'yes' }), /optional is not true, or not alone/)
})

test('bodies are validated strictly, and errors name what is expected', async (t) => {
  const { app } = await testApp(t, { routes: [routes] })
  const post = (payload: string | object, contentType = 'application/json') =>
    app.inject({
      method: 'POST',
      url: '/notes',
      headers: { ...bearer({ permissions: ['write:notes'] }), 'content-type': contentType },
      payload,
    })
  const good = { title: 'A', kind: 'memo', meta: { a: 'b' } }
  t.strictSame((await post(good)).json(), good, 'nothing is dropped, added or coerced')
  const bad = await post({
    title: 1,
    kind: 'SECRET',
    tags: ['a', 2],
    meta: { SECRET: 1 },
    deep: { SECRET: { a: 1 } },
    SECRET: 1,
  })
  t.equal(bad.statusCode, 400)
  t.strictSame(bad.json(), {
    message: 'Bad Request',
    code: 'invalid_request',
    errors: [
      { path: '', message: 'must not have other members' },
      { path: '/title', message: 'must be string' },
      { path: '/kind', message: 'must be one of memo, list' },
      { path: '/tags/1', message: 'must be string' },
      { path: '/meta/*', message: 'must be string' },
      { path: '/deep/*/a', message: 'must be string' },
    ],
  })
  t.notMatch(bad.body, 'SECRET')
  t.match((await post({})).json(), { errors: [{ path: '/title', message: 'is required' }] })
  t.match(await post('{"title":'), { statusCode: 400, body: '{"message":"Bad Request"}' })
  t.match(await post('{"title":"a","__proto__":{}}'), { statusCode: 400 })
  t.match(await post(''), { statusCode: 400 })
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
    t.match(await post('title=a', type), { statusCode: 415 }, type)
  }
  t.match(await post({ title: 'x'.repeat(70_000) }), { statusCode: 413 })
})

test('an empty body is accepted where none is due, and parameters are coerced', async (t) => {
  const { app } = await testApp(t, { routes: [routes] })
  const headers = {
    ...bearer({ permissions: ['write:notes'] }),
    'content-type': 'application/json',
  }
  t.match(await app.inject({ method: 'POST', url: '/empty', headers }), { statusCode: 200 })
  t.match(await app.inject({ method: 'POST', url: '/empty', headers, payload: '{}' }), {
    statusCode: 200,
  })
  t.strictSame((await app.inject('/page?page=2')).json(), { page: 2 })
  t.match((await app.inject('/page?page=x')).json(), {
    errors: [{ path: '/page', message: 'must be integer' }],
  })
})

test('who may not write learns nothing about the body', async (t) => {
  const { app } = await testApp(t, { routes: [routes] })
  for (const [headers, status] of [
    [{}, 401],
    [bearer(), 403],
  ] as const) {
    const response = await app.inject({
      method: 'POST',
      url: '/notes',
      headers: { ...headers, 'content-type': 'application/xml' },
      payload: 'x'.repeat(100_000),
    })
    t.equal(response.statusCode, status)
    t.equal(response.headers['connection'], 'close')
  }
})

test('routes fail with a code of their own, which is not a refusal', async (t) => {
  const { app, log } = await testApp(t, { routes: [routes] })
  const response = await app.inject('/fail/409')
  t.equal(response.statusCode, 409)
  t.strictSame(response.json(), { message: 'The note is locked', code: 'note_locked', errors: [] })
  t.match(log.at(-1), { status: 409, refusal: undefined })
  t.strictSame((await app.inject('/plain')).json(), { message: 'Conflict' })
})

test('errors as problem details (RFC 9457)', async (t) => {
  const { app } = await testApp(t, { routes: [routes], problemDetails: true })
  const failed = await app.inject('/fail/409')
  t.match(failed.headers, { 'content-type': 'application/problem+json; charset=utf-8' })
  t.strictSame(failed.json(), {
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'The note is locked',
    code: 'note_locked',
    errors: [],
  })
  t.match((await app.inject('/%zz')).json(), { status: 400, title: 'Bad Request' })
  t.strictSame((await app.inject('/nowhere')).json(), {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
  })
})

test('a dry run decides and runs nothing', async (t) => {
  const { app, log } = await testApp(t, { routes: [routes] })
  await app.ready()
  const before = log.length
  const run = (method: 'GET' | 'POST', url: string, headers = {}) =>
    app.dryRun({ method, url, headers })
  t.match(await run('GET', '/own/broken', bearer()), {
    status: 204,
    code: undefined,
    route: '/own/:owner',
    access: { check: ownsIt },
  })
  t.match(await run('POST', '/notes', bearer()), {
    status: 403,
    message: 'Permission denied',
    code: 'permission_missing',
    challenge: /scope="write:notes"/,
  })
  t.match(await run('GET', '/nowhere'), { status: 404, access: undefined })
  t.equal(log.length, before, 'no log line')
  t.match(await run('GET', '/%zz'), { status: 400, route: undefined, access: undefined })
  const outside = { 'x-dry-run': 'guess', ...bearer() }
  t.match(await app.inject({ url: '/own/auth0%7C1', headers: outside }), { statusCode: 200 })
})

test('the body is requested once the request is authorized, and one response follows', async (t) => {
  const { app } = await testApp(t, { routes: [routes] })
  const port = await listen(app, ['127.0.0.1'], 0)
  const payload = JSON.stringify({ title: 'A' })
  const head = (changes: object, fields = '') =>
    `POST /notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${bearer(changes).authorization}\r\nContent-Type: application/json\r\nContent-Length: ${payload.length}\r\n${fields}\r\n`
  const writer = { permissions: ['write:notes'] }

  const expecting = connect(port, '127.0.0.1')
  expecting.write(head(writer, 'Expect: 100-continue\r\n'))
  t.match(String((await once(expecting, 'data'))[0]), /^HTTP\/1\.1 100 Continue/)
  expecting.write(payload)
  const answer = String((await once(expecting, 'data'))[0])
  t.match(answer, /^HTTP\/1\.1 200 OK/)
  t.notMatch(answer, /connection: close/i, 'the body was read, so that the connection stays')
  expecting.destroy()

  const denied = await sendRaw(port, '127.0.0.1', head({}, 'Expect: 100-continue\r\n'))
  t.match(denied, /^HTTP\/1\.1 403 Forbidden.*connection: close/is)
  t.notMatch(denied, /100 Continue/)
  const early = await sendRaw(port, '127.0.0.1', `${head({})}${payload}GET / HTTP/1.1\r\n\r\n`)
  t.equal(early.match(/HTTP\/1\.1/g)?.length, 1, 'nothing follows the response')
})
