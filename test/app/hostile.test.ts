import fc from 'fast-check'
import { test } from 'tap'
import { createLogger } from '../../src/observability/logger.ts'
import { testApp } from '../support/app.ts'
import { logSink } from '../support/log-sink.ts'
import { KEY } from '../support/tokens/keys.ts'
import { AUDIENCE, claims, ISSUER, NOW, signJws } from '../support/tokens/tokens.ts'

const ADMIN = '/probe/admin'
const MARKER = 'PLANTED7marker'

/** Text with the marker, and characters that might split a header or end a quoted string. */
const planted = fc.oneof(
  fc.string().map((text) => `${MARKER}${text}`),
  fc.constantFrom(
    `${MARKER}\r\nSet-Cookie: a=b`,
    `"${MARKER}`,
    `${MARKER}\\", x="`,
    `\u0000${MARKER}`,
  ),
)
const anything = fc.oneof(
  planted,
  fc.jsonValue(),
  fc.double(),
  fc.array(planted, { maxLength: 3 }),
  fc.record({ [MARKER]: planted }),
)
/** A member that is mostly valid, else missing or arbitrary. */
const mostly = (...good: unknown[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...good) }, anything, fc.constant(undefined))

const anyHeader = fc.record({
  alg: mostly('RS256'),
  kid: mostly(KEY.kid),
  typ: mostly('JWT', 'at+jwt'),
  crit: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, anything),
  jku: anything,
  jwk: anything,
})

const anyClaims = fc.record({
  iss: mostly(ISSUER),
  aud: mostly(AUDIENCE, [AUDIENCE, MARKER]),
  sub: mostly(MARKER),
  iat: mostly(NOW - 60),
  exp: mostly(NOW + 60),
  nbf: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, anything),
  org_id: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, anything),
  cnf: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, anything),
  at_hash: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, anything),
  nonce: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, anything),
  permissions: mostly(['read:probe'], [MARKER], []),
  [MARKER]: anything,
})

const ANSWERS = [
  '200 {"message":"admin"}',
  '400 {"message":"Malformed Authorization header"}',
  '401 {"message":"Requires authentication"}',
  '401 {"message":"Bad credentials"}',
  '403 {"message":"Permission denied"}',
]

/** Every rule of the contract, written again independently of the code under test. */
function mayPass(header: Record<string, unknown>, body: Record<string, unknown>): boolean {
  const number = (value: unknown) => typeof value === 'number' && Number.isFinite(value)
  const permissions: unknown = body['permissions']
  const audience =
    body['aud'] === AUDIENCE || (Array.isArray(body['aud']) && body['aud'].includes(AUDIENCE))
  return (
    header['alg'] === 'RS256' &&
    (header['kid'] === undefined || header['kid'] === KEY.kid) &&
    header['crit'] === undefined &&
    (header['typ'] === undefined ||
      (typeof header['typ'] === 'string' &&
        /^(jwt|(application\/)?at\+jwt)$/i.test(header['typ']))) &&
    body['iss'] === ISSUER &&
    audience &&
    typeof body['sub'] === 'string' &&
    body['sub'] !== '' &&
    number(body['iat']) &&
    Number(body['iat']) <= NOW + 5 &&
    number(body['exp']) &&
    Number(body['exp']) > NOW - 5 &&
    (body['nbf'] === undefined || (number(body['nbf']) && Number(body['nbf']) <= NOW + 5)) &&
    body['org_id'] === undefined &&
    body['nonce'] === undefined &&
    body['at_hash'] === undefined &&
    body['cnf'] === undefined &&
    Array.isArray(permissions) &&
    permissions.every((permission) => typeof permission === 'string') &&
    permissions.includes('read:probe')
  )
}

test('arbitrary headers and claims, correctly signed', async (t) => {
  const { app, log } = await testApp(t)
  let passed = 0
  const property = fc.asyncProperty(anyHeader, anyClaims, async (header, body) => {
    log.length = 0
    const [joseHeader, jwtClaims] = [JSON.stringify(header), JSON.stringify(claims(body))]
    const authorization = `Bearer ${signJws(joseHeader, jwtClaims)}`
    const response = await app.inject({ url: ADMIN, headers: { authorization } })
    const answer = `${response.statusCode} ${response.body}`
    const holds = mayPass(JSON.parse(joseHeader), JSON.parse(jwtClaims))
    if (holds) passed += 1
    const seen = JSON.stringify([response.headers, response.body, log])
    return (
      ANSWERS.includes(answer) &&
      (response.statusCode === 200) === holds &&
      !seen.includes(MARKER) &&
      log.length === 1
    )
  })
  await t.resolves(fc.assert(property, { numRuns: 3000 }))
  t.ok(passed > 20, `${passed} of 3000 tokens were good`)
})

test('arbitrary Authorization headers', async (t) => {
  const { app, log } = await testApp(t)
  const scheme = fc.constantFrom('Bearer', 'bearer', 'Basic', 'DPoP', '', MARKER)
  const value = fc
    .tuple(scheme, fc.constantFrom(' ', '  ', '\t', '', ','), fc.oneof(planted, fc.base64String()))
    .map((parts) => parts.join(''))
  const property = fc.asyncProperty(fc.array(value, { maxLength: 3 }), async (authorization) => {
    log.length = 0
    const response = await app.inject({ url: ADMIN, headers: { authorization } as never })
    const answer = `${response.statusCode} ${response.body}`
    const seen = JSON.stringify([response.headers, response.body, log])
    return ANSWERS.slice(1, 4).includes(answer) && !seen.includes(MARKER)
  })
  await t.resolves(fc.assert(property, { numRuns: 2000 }))
})

test('arbitrary segments', async (t) => {
  const { app } = await testApp(t)
  const json = fc.oneof(fc.json(), fc.string(), fc.constant('{"alg":"RS256"}'))
  const segment = fc.oneof(
    json.map((text) => Buffer.from(text).toString('base64url')),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
    fc.stringMatching(/^[\w.~+/-]{0,20}$/),
  )
  const property = fc.asyncProperty(fc.array(segment, { maxLength: 5 }), async (segments) => {
    const headers = { authorization: `Bearer ${segments.join('.')}` }
    const response = await app.inject({ url: ADMIN, headers })
    return ANSWERS.slice(1, 4).includes(`${response.statusCode} ${response.body}`)
  })
  await t.resolves(fc.assert(property, { numRuns: 2000 }))
})

test('a token never reaches the log, wherever it occurs', async (t) => {
  const { app, log } = await testApp(t)
  const secret = signJws({ alg: 'RS256' }, claims({ sub: MARKER }))
  await app.inject({
    url: `/probe/public?access_token=${secret}&code=${MARKER}`,
    headers: { authorization: `Bearer ${secret}`, cookie: `session=${secret}` },
  })
  await app.inject(`/${secret}?code=${MARKER}`)
  const request = { headers: { authorization: secret, cookie: secret, 'set-cookie': secret } }
  const named = { access_token: MARKER, client_secret: MARKER, password: MARKER }
  app.log.info(
    { request, token: MARKER, nested: named, ...named },
    `GET /x?code=${MARKER} ${secret}`,
  )
  app.log.error(new Error(`cannot read ${secret}`))
  const deep = { a: { b: { c: { Authorization: MARKER, Cookie: [MARKER, MARKER] } } } }
  app.log.info({ ...deep, url: `/x?a=b"c&d=${MARKER}`, text: `Bearer ${MARKER}` })
  t.equal(log.length, 5)
  t.notMatch(JSON.stringify(log), MARKER)
  t.notMatch(JSON.stringify(log), secret.slice(0, 20))
})

test('requests and replies that Fastify logs have the route pattern, not the URL', async (t) => {
  const { log, destination } = logSink()
  const req = { method: 'GET', url: '/secret?x=1', routeOptions: { url: '/secret' } }
  createLogger('info', destination).info({ req, res: { statusCode: 200, headers: 'MARKER' } })
  const unrouted = { method: 'GET', url: '/secret?x=1', routeOptions: {} }
  createLogger('info', destination).info({ req: unrouted })
  t.match(log[0], { req: { method: 'GET', route: '/secret' }, res: { status: 200 } })
  t.match(log[1], { req: { method: 'GET', route: null } })
  t.notMatch(JSON.stringify(log), /MARKER|x=1/)
})
