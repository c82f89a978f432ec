import { test } from 'tap'
import { testApp } from '../support/app.ts'
import { boundToken, proofFor } from '../support/tokens/proofs.ts'
import { NOW, token } from '../support/tokens/tokens.ts'

/** On each response. */
const COMMON = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '0',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  vary: 'Origin',
  'access-control-expose-headers':
    'WWW-Authenticate, Retry-After, X-Request-Id, DPoP-Nonce, ETag, Location',
}
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

const bound = boundToken()
const expired = token({ exp: NOW - 100 })
const INVALID = 'Bearer realm="api", error="invalid_token", error_description='

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
  [
    'expired',
    `Bearer ${expired}`,
    '/probe/protected',
    401,
    'Bad credentials',
    { 'www-authenticate': `${INVALID}"The access token expired."` },
  ],
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

test('DPOP=off and no PUBLIC_URL: status, headers and body of each kind of response', async (t) => {
  const { app } = await testApp(t)
  for (const [title, authorization, url, status, message, headers = {}] of GOLDEN) {
    const credentials = authorization === undefined ? {} : { authorization }
    const response = await app.inject({ url, headers: { ...credentials, dpop: proofFor(bound) } })
    t.equal(response.statusCode, status, title)
    if (message !== undefined) t.equal(response.body, JSON.stringify({ message }), title)
    const found = Object.entries(response.headers).filter(([name]) => !VARYING.includes(name))
    t.strictSame(Object.fromEntries(found), { ...COMMON, ...JSON_TYPE, ...headers }, title)
    t.match(response.headers['x-request-id'], /^[\da-f-]{36}$/, title)
  }
})

test('DPOP=off: another method, and a preflight', async (t) => {
  const { app } = await testApp(t)
  const other = await app.inject({ method: 'POST', url: '/probe/protected' })
  t.equal(other.statusCode, 405)
  t.equal(other.body, '{"message":"Method Not Allowed"}')
  const found = Object.entries(other.headers).filter(([name]) => !VARYING.includes(name))
  t.strictSame(Object.fromEntries(found), { ...COMMON, ...JSON_TYPE, allow: 'GET, HEAD' })
})
