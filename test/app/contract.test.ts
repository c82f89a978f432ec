import { METHODS } from 'node:http'
import { test } from 'tap'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import { parseJwks } from '../../src/tokens/keys/jwks.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { ORIGIN, testApp } from '../support/app.ts'
import { COMMON_HEADERS as FIXED_HEADERS } from '../support/common-headers.ts'
import { newKey, oddKeys } from '../support/tokens/keys.ts'
import { token } from '../support/tokens/tokens.ts'

const PUBLIC = '/probe/public'
const PROTECTED = '/probe/protected'
const ADMIN = '/probe/admin'
const admin = { permissions: ['read:other', 'read:probe'] }

const COMMON_HEADERS = {
  ...FIXED_HEADERS,
  'x-request-id': /^[0-9a-f-]{36}$/,
  'content-type': 'application/json; charset=utf-8',
}

test('public routes, any token, and a permission', async (t) => {
  const { app } = await testApp(t)
  const get = (url: string, bearer?: string) =>
    app.inject({ url, headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } })
  const expected = [
    [await get(PUBLIC), '{"message":"public"}'],
    [await get(PROTECTED, token()), '{"message":"protected"}'],
    [await get(ADMIN, token(admin)), '{"message":"admin"}'],
  ] as const
  for (const [response, body] of expected) {
    t.equal(response.statusCode, 200)
    t.equal(response.body, body)
    t.match(response.headers, COMMON_HEADERS)
  }
})

test('a public route does not look at Authorization', async (t) => {
  const { app } = await testApp(t)
  for (const authorization of ['Bearer', 'Bearer bad', 'Bearer a b', 'Basic eA==']) {
    const response = await app.inject({ url: PUBLIC, headers: { authorization } })
    t.equal(response.statusCode, 200, authorization)
  }
})

test('missing or malformed credentials', async (t) => {
  const { app } = await testApp(t)
  const missing = ['', ' ', 'Basic dXNlcjpwYXNz', 'Bearerx abc', 'Bearer-token abc', 'abc']
  for (const authorization of [undefined, ...missing]) {
    const headers = authorization === undefined ? {} : { authorization }
    const response = await app.inject({ url: PROTECTED, headers })
    t.match(response, { statusCode: 401, body: '{"message":"Requires authentication"}' })
    t.equal(response.headers['www-authenticate'], 'Bearer realm="api"', `«${authorization}»`)
    t.match(response.headers, COMMON_HEADERS)
  }
  const spaced = [`\u00a0Bearer ${token()}`, `Bearer\u00a0${token()}`]
  for (const authorization of spaced) {
    t.not((await app.inject({ url: PROTECTED, headers: { authorization } })).statusCode, 200)
  }
  const malformed = [
    `Bearer ${token()}\u00a0`,
    'Bearer',
    'bearer ',
    'Bearer a b',
    'Bearer a,b',
    'Bearer =',
    'Bearer\ta',
    'BEARER é',
  ]
  for (const authorization of [...malformed, ['Bearer a', 'Bearer b'], ['Basic a', 'Bearer b']]) {
    const response = await app.inject({ url: PROTECTED, headers: { authorization } as never })
    t.match(response, { statusCode: 400, body: '{"message":"Malformed Authorization header"}' })
    t.match(
      response.headers['www-authenticate'],
      /^Bearer realm="api", error="invalid_request", error_description="[^"]+"$/,
      `«${authorization}»`,
    )
  }
})

test('the scheme is case-insensitive, and only the header can carry a token', async (t) => {
  const { app } = await testApp(t)
  for (const scheme of ['bearer', 'BEARER', 'bEaReR']) {
    const headers = { authorization: `${scheme}  ${token()} ` }
    t.equal((await app.inject({ url: PROTECTED, headers })).statusCode, 200, scheme)
  }
  const elsewhere = await app.inject({
    url: `${PROTECTED}?access_token=${token()}`,
    headers: { cookie: `access_token=${token()}` },
  })
  t.match(elsewhere, { statusCode: 401, body: '{"message":"Requires authentication"}' })
})

test('a missing permission is 403, with the scope that the route requires', async (t) => {
  const { call, log } = await testApp(t)
  const lacking: unknown[] = [undefined, null, [], 'read:probe', ['READ:ADMIN-MESSAGES']]
  const mixed = ['read:probe', 1]
  for (const permissions of [...lacking, mixed, { 0: 'read:probe' }]) {
    const { status, message, headers } = await call(ADMIN, token({ permissions }))
    t.strictSame([status, message], [403, 'Permission denied'], JSON.stringify(permissions))
    t.match(
      headers['www-authenticate'],
      /^Bearer realm="api", error="insufficient_scope", error_description="[^"]+", scope="read:probe"$/,
    )
    t.equal(log.at(-1)?.['refusal'], 'permission_missing')
  }
  t.match(
    await call(ADMIN, token({ permissions: undefined, scope: 'read:probe' })),
    { status: 403 },
    'a scope is not a permission',
  )
  t.match(await call(ADMIN), { status: 401, message: 'Requires authentication' })
})

test('unknown paths, even similar to known ones, are 404', async (t) => {
  const { app } = await testApp(t)
  const paths = ['/', '/api', '/API/messages/public', `${PUBLIC}/`, '//probe/public', '/docs']
  for (const url of paths) {
    for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE'] as const) {
      const headers = { 'content-type': 'application/json' }
      const response = await app.inject({ url, method, headers, body: '{' })
      t.match(response, { statusCode: 404, body: '{"message":"Not Found"}' }, `${method} ${url}`)
      t.match(response.headers, COMMON_HEADERS)
    }
  }
})

test('any other method is 405, before a body is parsed', async (t) => {
  const { app } = await testApp(t)
  const methods = METHODS.filter((method) => !['GET', 'HEAD', 'CONNECT'].includes(method))
  t.ok(methods.includes('PROPFIND'), 'methods that Fastify does not know are among them')
  for (const url of [PUBLIC, PROTECTED, ADMIN]) {
    for (const method of methods) {
      const headers = { 'content-type': 'application/json' }
      const response = await app.inject({ url, method: method as 'POST', headers, body: '{' })
      t.match(response, { statusCode: 405, body: '{"message":"Method Not Allowed"}' }, method)
      t.equal(response.headers['allow'], 'GET, HEAD')
    }
  }
})

test('HEAD mirrors GET', async (t) => {
  const { app } = await testApp(t)
  const headers = { authorization: `Bearer ${token()}` }
  for (const [url, status] of [
    [PUBLIC, 200],
    [PROTECTED, 200],
    [ADMIN, 403],
    ['/x', 404],
  ] as const) {
    const get = await app.inject({ url, headers })
    const head = await app.inject({ method: 'HEAD', url, headers })
    t.strictSame([get.statusCode, head.statusCode], [status, status], url)
    t.equal(head.body, '')
    const { 'x-request-id': _get, ...sameGet } = get.headers
    const { 'x-request-id': _head, ...sameHead } = head.headers
    t.strictSame(sameHead, sameGet)
  }
})

test('CORS', async (t) => {
  const { app } = await testApp(t, {
    environment: { CLIENT_ORIGIN_URL: `${ORIGIN}, https://app.test` },
  })
  const preflight = (origin: string, url = ADMIN) =>
    app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    })
  for (const origin of [ORIGIN, 'https://app.test']) {
    const answer = await preflight(origin)
    t.strictSame([answer.statusCode, answer.body], [204, ''])
    t.match(answer.headers, {
      ...{ ...COMMON_HEADERS, 'content-type': undefined },
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': /^Authorization, Content-Type, DPoP, traceparent, /,
      'access-control-max-age': '86400',
    })
    t.notOk(answer.headers['access-control-allow-credentials'])
    for (const [url, status] of [
      [PUBLIC, 200],
      [PROTECTED, 401],
      ['/x', 404],
      ['/%zz', 400],
    ] as const) {
      const actual = await app.inject({ url, headers: { origin } })
      t.equal(actual.statusCode, status)
      t.match(actual.headers, {
        'access-control-allow-origin': origin,
        'access-control-expose-headers':
          'WWW-Authenticate, Retry-After, X-Request-Id, DPoP-Nonce, ETag, Location',
        vary: 'Origin',
      })
    }
  }
  for (const origin of [
    'https://evil.test',
    'null',
    `${ORIGIN}.evil.test`,
    'http://localhost:4041',
  ]) {
    const answers = [
      await preflight(origin),
      await app.inject({ url: PUBLIC, headers: { origin } }),
    ]
    for (const { headers } of [
      ...answers,
      await app.inject({ url: '/%zz', headers: { origin } }),
    ]) {
      t.notOk('access-control-allow-origin' in headers, origin)
      t.equal(headers['vary'], 'Origin')
    }
  }
  t.equal((await preflight(ORIGIN, '/unknown')).statusCode, 204)
})

test('the request id is generated, never taken from the client', async (t) => {
  const { app, log } = await testApp(t)
  const headers = { 'x-request-id': 'theirs', 'request-id': 'theirs' }
  const [one, two] = [await app.inject({ url: PUBLIC, headers }), await app.inject(PUBLIC)]
  t.not(one.headers['x-request-id'], two.headers['x-request-id'])
  t.equal(log[0]?.['requestId'], one.headers['x-request-id'])
})

test('a fault of the server or the tenant is 503 or 500, never 401', async (t) => {
  const failing = (error: Error) =>
    testApp(t, { signingKeys: oddKeys(() => Promise.reject(error)) })
  const unavailable = await failing(new KeysUnavailableError(7))
  const answer = await unavailable.call(PROTECTED, token())
  t.strictSame([answer.status, answer.message], [503, 'Unable to verify credentials'])
  t.equal(answer.headers['retry-after'], '7')
  t.match(answer.headers, COMMON_HEADERS)
  t.match(unavailable.log.at(-1), { status: 503, refusal: 'keys_unavailable' })

  const { key } = parseJwks([newKey('ES256').jwk], ['ES256']).keys[0] ?? {}
  const wrongKey = { kid: 'x', algorithms: ['RS256'], key: assertDefined(key) }
  const mixedUp = await testApp(t, { signingKeys: oddKeys(() => [wrongKey]) })
  t.match(
    await mixedUp.call(PROTECTED, token()),
    { status: 500 },
    'a key that cannot have signed it',
  )

  const odd = await failing(Object.assign(new Error('odd'), { statusCode: 499 }))
  t.match(await odd.call(PROTECTED, token()), { status: 500, message: 'Internal Server Error' })

  for (const thrown of [null, undefined, 'text', 0]) {
    const strange = await testApp(t, { signingKeys: oddKeys(() => Promise.reject(thrown)) })
    t.match(await strange.call(PROTECTED, token()), {
      status: 500,
      message: 'Internal Server Error',
    })
  }

  const broken = await failing(new Error('disk on fire'))
  t.match(await broken.call(PROTECTED, token()), { status: 500, message: 'Internal Server Error' })
  t.match(broken.log.at(-1), { level: 50, status: 500, err: { message: 'disk on fire' } })
})

test('an invalid body is rejected with the standard reason phrase', async (t) => {
  const { app } = await testApp(t)
  app.post('/notes', { config: { access: 'public' }, bodyLimit: 10 }, () => ({}))
  const post = (type: string, body: string) =>
    app.inject({ method: 'POST', url: '/notes', headers: { 'content-type': type }, body })
  t.match(await post('application/json', '{'), {
    statusCode: 400,
    body: '{"message":"Bad Request"}',
  })
  t.match(await post('application/json', `"${'x'.repeat(20)}"`), {
    statusCode: 413,
    body: '{"message":"Payload Too Large"}',
  })
  t.match(await post('text/csv', 'a'), {
    statusCode: 415,
    body: '{"message":"Unsupported Media Type"}',
  })
})

test('a route without a valid access policy stops the start', async (t) => {
  const { app } = await testApp(t)
  const declare = (access: unknown) => () =>
    app.get('/new', { config: { access: access as 'public' } }, () => ({}))
  t.throws(() => app.get('/new', () => ({})), /GET \/new declares no access policy/)
  t.throws(declare('private'), /declares no access policy/)
  t.throws(declare(null), /declares no access policy/)
  for (const access of [
    new Map([['permissions', ['x']]]),
    Object.create({ permissions: ['x'] }),
    [],
  ]) {
    t.throws(declare(access), /has an access policy that is not an object literal/)
  }
  t.throws(declare({ permission: ['x'] }), /has an unknown access policy key 'permission'/)
  t.throws(declare({ permissions: [] }), /permissions are not a non-empty array of scope tokens/)
  t.throws(declare({ permissions: ['a b'] }), /not a non-empty array of scope tokens/)
  t.throws(declare({ permissions: ['a"b'] }), /not a non-empty array of scope tokens/)
  t.throws(declare({ anyPermission: 'x' }), /not a non-empty array of scope tokens/)
})

test('a scope can declare access for its own routes only', async (t) => {
  const { app } = await testApp(t)
  await app.register(async (scope) => {
    scope.scopeAccess = { permissions: ['read:scope'] }
    await scope.register(async (inner) => void inner.get('/inside', () => ({})))
    scope.get('/itself', { config: { access: 'public' } }, () => ({}))
  })
  t.throws(() => app.get('/outside', () => ({})), /declares no access policy/)
  t.throws(() => Object.assign(app, { scopeAccess: 'public' }), /cannot be set on the root/)
  t.strictSame(app.policies.get('/inside')?.get('GET'), { permissions: ['read:scope'] })
  t.equal((await app.inject('/inside')).statusCode, 401)
  t.equal((await app.inject('/itself')).statusCode, 200)
})
