import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { test } from 'tap'
import { KeysUnavailableError } from '../../../src/tokens/errors.ts'
import { ORIGIN, testApp } from '../../support/app.ts'
import { COMMON_HEADERS } from '../../support/common-headers.ts'
import { PROBE_SERVER, PROTECTED, PUBLIC } from '../../support/probe-routes.ts'
import { oddKeys } from '../../support/tokens/keys.ts'
import { boundToken, proofFor } from '../../support/tokens/proofs.ts'
import { NOW, token } from '../../support/tokens/tokens.ts'

/** On each response. */
const COMMON = {
  ...COMMON_HEADERS,
  'access-control-expose-headers':
    'WWW-Authenticate, Retry-After, X-Request-Id, DPoP-Nonce, ETag, Location',
}
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

const bound = boundToken()
const expired = token({ exp: NOW - 100 })
const INVALID = 'Bearer realm="api", error="invalid_token", error_description='

const EXPIRED = { 'www-authenticate': `${INVALID}"The access token expired."` }
const LIMITED = { 'retry-after': '60' }
const NO_KEYS = oddKeys(() => Promise.reject(new KeysUnavailableError(30)))

async function broken(app: FastifyInstance) {
  app.get('/broken', { config: { access: 'public' } }, () => {
    throw new Error('unforeseen')
  })
}

type Row = [
  title: string,
  authorization: string | undefined,
  url: string,
  status: number,
  message: string | undefined,
  headers?: Record<string, string>,
]
const GOLDEN: Row[] = [
  ['public', undefined, '/probe/public', 200, undefined],
  ['accepted', `Bearer ${token()}`, '/probe/protected', 200, undefined],
  [
    'no credentials',
    undefined,
    '/probe/protected',
    401,
    'Requires authentication',
    { 'www-authenticate': 'Bearer realm="api"' },
  ],
  [
    'scheme DPoP',
    `DPoP ${bound}`,
    '/probe/protected',
    401,
    'Requires authentication',
    { 'www-authenticate': 'Bearer realm="api"' },
  ],
  [
    'malformed',
    'Bearer a b',
    '/probe/protected',
    400,
    'Malformed Authorization header',
    {
      'www-authenticate':
        'Bearer realm="api", error="invalid_request", error_description="The Authorization header is not the Bearer scheme with one token."',
    },
  ],
  ['expired', `Bearer ${expired}`, '/probe/protected', 401, 'Bad credentials', EXPIRED],
  [
    'bound',
    `Bearer ${bound}`,
    '/probe/protected',
    401,
    'Bad credentials',
    {
      'www-authenticate': `${INVALID}"The access token is bound to a key whose proof cannot be checked here."`,
    },
  ],
  [
    'permission missing',
    `Bearer ${token()}`,
    '/probe/admin',
    403,
    'Permission denied',
    {
      'www-authenticate':
        'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a permission that is needed here.", scope="read:probe"',
    },
  ],
  ['unknown path', undefined, '/.well-known/oauth-protected-resource', 404, 'Not Found'],
]

/** Differs in each response, or is Fastify's. */
const VARYING = ['x-request-id', 'date', 'connection', 'content-length', 'keep-alive']

function fixedHeaders({ headers }: Pick<LightMyRequestResponse, 'headers'>) {
  const found = Object.entries(headers).filter(([name]) => !VARYING.includes(name))
  return Object.fromEntries(found)
}

test('DPOP=off and no PUBLIC_URL: status, headers and body of each kind of response', async (t) => {
  const { app } = await testApp(t)
  for (const [title, authorization, url, status, message, headers = {}] of GOLDEN) {
    const credentials = authorization === undefined ? {} : { authorization }
    const response = await app.inject({ url, headers: { ...credentials, dpop: proofFor(bound) } })
    t.equal(response.statusCode, status, title)
    if (message !== undefined) t.equal(response.body, JSON.stringify({ message }), title)
    t.strictSame(fixedHeaders(response), { ...COMMON, ...JSON_TYPE, ...headers }, title)
    t.match(response.headers['x-request-id'], /^[\da-f-]{36}$/, title)
  }
})

test('DPOP=off: responses that have another cause than the credentials', async (t) => {
  const limit = { AUTH_FAILURES_MAX: '1' }
  const { app } = await testApp(t, { environment: limit, routes: [...PROBE_SERVER.routes, broken] })
  const { app: withoutKeys } = await testApp(t, { signingKeys: NO_KEYS })
  const preflight = { origin: ORIGIN, 'access-control-request-method': 'GET' }
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'a'.repeat(99)]))
  const retry = { 'retry-after': '30' }

  const rows: [FastifyInstance, InjectOptions, number, string, Record<string, string>][] = [
    [app, { method: 'POST', url: PROTECTED }, 405, 'Method Not Allowed', { allow: 'GET, HEAD' }],
    [app, { url: PUBLIC, headers: many }, 431, 'Request Header Fields Too Large', {}],
    [app, { url: '/broken' }, 500, 'Internal Server Error', {}],
    [app, { url: PROTECTED, headers: bearer(expired) }, 401, 'Bad credentials', EXPIRED],
    [app, { url: PROTECTED, headers: bearer(bound) }, 429, 'Too Many Requests', LIMITED],
    [
      withoutKeys,
      { url: PROTECTED, headers: bearer(token()) },
      503,
      'Unable to verify credentials',
      retry,
    ],
  ]
  for (const [server, request, status, message, headers] of rows) {
    const response = await server.inject(request)
    t.equal(response.statusCode, status, message)
    t.equal(response.body, JSON.stringify({ message }))
    t.strictSame(fixedHeaders(response), { ...COMMON, ...JSON_TYPE, ...headers }, message)
  }
  const { statusCode, body, ...answer } = await app.inject({
    method: 'OPTIONS',
    url: PROTECTED,
    headers: preflight,
  })
  t.strictSame([statusCode, body], [204, ''])
  t.strictSame(fixedHeaders(answer), {
    ...COMMON,
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers':
      'Authorization, Content-Type, DPoP, traceparent, tracestate, baggage, sentry-trace, If-Match, If-None-Match, Idempotency-Key, Accept-Language, X-Requested-With',
    'access-control-max-age': '86400',
  })
})
