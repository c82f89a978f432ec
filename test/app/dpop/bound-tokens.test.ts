import { test } from 'tap'
import { testServer } from '../../../src/testing/testing.ts'
import { ReplayStoreError } from '../../../src/tokens/dpop/errors.ts'
import { testApp } from '../../support/app.ts'
import { PROBE_SERVER } from '../../support/probe-routes.ts'
import { ALGS, dpopApp, PROTECTED, REFUSED } from '../../support/tokens/dpop-app.ts'
import { newKey } from '../../support/tokens/keys.ts'
import { boundToken, type ProofChanges, proofFor, thumbprint } from '../../support/tokens/proofs.ts'
import { NOW, token } from '../../support/tokens/tokens.ts'

test('a challenge names both schemes in one field, Bearer first', async (t) => {
  const { app, result } = await dpopApp(t)
  const get = async (authorization: string, url = PROTECTED) =>
    result(await app.inject({ url, headers: { authorization } }))
  const both = `Bearer realm="api", ${ALGS}`
  t.strictSame((await get('')).challenge, both)
  t.strictSame((await get('Basic x')).challenge, both)
  t.match(await get('Bearer'), {
    status: 400,
    challenge:
      /^Bearer realm="api", error="invalid_request", error_description="[^"]+", DPoP algs="ES256"$/,
  })
  t.match(await get('DPoP'), {
    status: 400,
    message: 'Malformed Authorization header',
    refusal: 'dpop_authorization_malformed',
    challenge:
      /^Bearer realm="api", DPoP algs="ES256", error="invalid_request", error_description="[^"]+"$/,
  })
  t.match(await get('Bearer x'), {
    ...REFUSED,
    challenge:
      /^Bearer realm="api", error="invalid_token", error_description="[^"]+", DPoP algs="ES256"$/,
  })
  t.match(await get('dpop x'), {
    ...REFUSED,
    refusal: 'token_malformed',
    challenge:
      /^Bearer realm="api", DPoP algs="ES256", error="invalid_token", error_description="[^"]+"$/,
  })
  t.match(await get(`Bearer ${token()}`, '/probe/admin'), {
    status: 403,
    challenge:
      /^Bearer realm="api", error="insufficient_scope", .*, scope="read:probe", DPoP algs="ES256"$/,
  })
})

test('DPOP=off: tokens, challenges and refusals are those without DPoP', async (t) => {
  const { app, result, call } = await dpopApp(t, { DPOP: 'off' })
  t.throws(
    () => app.get('/bound', { config: { access: { bound: true } } }, () => ({})),
    /GET \/bound requires a bound token, and DPOP is off/,
  )
  t.match(await call(), {
    status: 401,
    message: 'Requires authentication',
    challenge: 'Bearer realm="api"',
  })
  const bound = await app.inject({
    url: PROTECTED,
    headers: { authorization: `Bearer ${boundToken()}`, dpop: proofFor(boundToken()) },
  })
  t.match(result(bound), {
    ...REFUSED,
    refusal: 'token_bound',
    challenge: /^Bearer realm="api", error="invalid_token", error_description="[^"]+"$/,
  })
})

test('a bound token with its proof is accepted, also from the cache', async (t) => {
  const { call, log } = await dpopApp(t)
  for (let round = 0; round < 3; round += 1) {
    t.match(await call(), { status: 200 }, `round ${round}`)
  }
  const changes: Record<string, ProofChanges> = {
    'a fraction in iat': { claims: { iat: NOW + 0.25 } },
    'as old as allowed': { claims: { iat: NOW - 65 } },
    'as far in the future as allowed': { claims: { iat: NOW + 35 } },
    'upper case, the default port, query and fragment': {
      claims: { htu: 'HTTP://LOCALHOST:80/probe/protected?a=b#c' },
    },
    'an encoded character that needs no encoding': {
      claims: { htu: 'http://localhost/pr%6fbe/%70rotected' },
    },
    'a dot segment': { claims: { htu: 'http://localhost/x/../probe/protected' } },
    'unknown members': { claims: { extra: 1 }, header: { kid: 'x' } },
  }
  for (const [name, change] of Object.entries(changes)) {
    const bearer = boundToken()
    t.match(await call({ bearer, proof: proofFor(bearer, change) }), { status: 200 }, name)
  }
  const head = proofFor(boundToken(), { claims: { htm: 'HEAD' } })
  t.match(await call({ method: 'HEAD', proof: head }), { status: 200 })
  const cnf = { jkt: thumbprint(), other: 'x' }
  t.match(await call({ bearer: boundToken({ cnf }) }), { status: 200 }, 'another member of cnf')
  t.notMatch(JSON.stringify(log), thumbprint())
})

test('DPOP_PROOF_AGE is how old a proof may be', async (t) => {
  const { proves } = await dpopApp(t, { DPOP_PROOF_AGE: '20' })
  t.match(await proves({ claims: { iat: NOW - 25 } }), { status: 200 })
  const old = await proves({ claims: { iat: NOW - 26 } })
  t.match(old, { status: 401, refusal: 'dpop_proof_expired' })
})

test('the principal says what the token is bound to', async (t) => {
  const { app } = await dpopApp(t)
  app.get('/principal', { config: { access: {} } }, ({ principal }) => ({ principal }))
  const bearer = boundToken({ azp: 'spa' })
  const claims = { htu: 'http://localhost/principal' }
  const response = await app.inject({
    url: '/principal',
    headers: { authorization: `DPoP ${bearer}`, dpop: proofFor(bearer, { claims }) },
  })
  const confirmation = { jkt: thumbprint() }
  t.match(response.json(), { principal: { client: 'spa', confirmation } })
})

test('a token and a scheme that do not fit', async (t) => {
  const { app, call, result } = await dpopApp(t)
  const bearer = boundToken()
  const headers = { authorization: `Bearer ${bearer}`, dpop: proofFor(bearer) }
  const asBearer = async () => result(await app.inject({ url: PROTECTED, headers }))
  const expected = {
    ...REFUSED,
    refusal: 'token_needs_dpop',
    challenge: /^Bearer realm="api", error="invalid_token", .*, DPoP algs="ES256"$/,
  }
  t.match(await asBearer(), expected, 'never seen')
  t.match(await call({ bearer }), { status: 200 })
  t.match(await asBearer(), expected, 'cached')
  t.match(await call({ bearer: token() }), {
    ...REFUSED,
    refusal: 'token_not_bound',
    challenge: /DPoP algs="ES256", error="invalid_token"/,
  })
  const key = newKey('ES256')
  t.match(await call({ bearer, proof: proofFor(bearer, { key }) }), {
    ...REFUSED,
    refusal: 'dpop_key_mismatch',
    challenge: /DPoP algs="ES256", error="invalid_token"/,
  })
  for (const cnf of [
    { 'x5t#S256': thumbprint() },
    { jkt: thumbprint(), 'x5t#S256': thumbprint() },
    { jkt: 'short' },
    { jkt: 1 },
    {},
    [],
    null,
    'jkt',
  ]) {
    const odd = token({ cnf })
    const failed = { ...REFUSED, refusal: 'token_bound' }
    t.match(await call({ bearer: odd }), failed, JSON.stringify(cnf))
    const response = await app.inject({
      url: PROTECTED,
      headers: { authorization: `Bearer ${odd}` },
    })
    t.match(result(response), failed, JSON.stringify(cnf))
  }
})

test('a connection that has sent a proof gets no further without one', async (t) => {
  const { app, call } = await dpopApp(t)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const bearer = boundToken()
  const claims = { htu: `${address}${PROTECTED}` }
  const statuses: number[] = []
  for (const proof of [proofFor(bearer, { claims }), undefined, proofFor(bearer, { claims })]) {
    const headers = { authorization: `DPoP ${bearer}`, ...(proof !== undefined && { dpop: proof }) }
    statuses.push((await fetch(`${address}${PROTECTED}`, { headers })).status)
  }
  t.strictSame(statuses, [200, 401, 200])
  t.match(await call({ bearer, proof: undefined }), { refusal: 'dpop_proof_missing' })
})

test('DPOP=required: only bound tokens, and only this scheme in the challenge', async (t) => {
  const { app, call, result } = await dpopApp(t, { DPOP: 'required' })
  t.match(await call(), { status: 200 })
  for (const bearer of [token(), boundToken(), 'x']) {
    const headers = { authorization: `Bearer ${bearer}` }
    t.match(result(await app.inject({ url: PROTECTED, headers })), {
      ...REFUSED,
      refusal: 'bound_token_required',
      challenge: /^DPoP algs="ES256", error="invalid_token", error_description="[^"]+"$/,
    })
  }
  t.match(result(await app.inject(PROTECTED)), {
    message: 'Requires authentication',
    challenge: ALGS,
  })
  t.equal((await app.inject('/probe/public')).statusCode, 200)
})

test('a route can require a bound token', async (t) => {
  const { app, log } = await testApp(t, { environment: { DPOP: 'allowed' } })
  const declare = (bound: unknown) => () =>
    app.get('/odd', { config: { access: { bound: bound as true } } }, () => ({}))
  for (const bound of [false, 1, 'yes']) t.throws(declare(bound), /bound is not true/)
  app.get('/bound', { config: { access: { bound: true } } }, () => ({}))
  const get = (headers: Record<string, string>) => app.inject({ url: '/bound', headers })
  const plain = await get({ authorization: `Bearer ${token()}` })
  t.equal(plain.statusCode, 401)
  t.equal(log.at(-1)?.['refusal'], 'bound_token_required')
  t.match(plain.headers['www-authenticate'], /^DPoP algs="ES256", error="invalid_token"/)
  const bearer = boundToken()
  const dpop = proofFor(bearer, { claims: { htu: 'http://localhost/bound' } })
  t.equal((await get({ authorization: `DPoP ${bearer}`, dpop })).statusCode, 200)
})

test('an optional route accepts no credentials, and rejects a proof that does not hold', async (t) => {
  const { app, call } = await dpopApp(t)
  app.get('/optional', { config: { access: { optional: true } } }, () => ({}))
  t.equal((await app.inject('/optional')).statusCode, 200)
  t.match(await call({ url: '/optional' }), { refusal: 'dpop_uri_mismatch' })
})

test('only the scheme counts as credentials, not the header of a proof', async (t) => {
  const { app, result } = await dpopApp(t)
  const bearer = token()
  const headers = { authorization: `Bearer ${bearer}`, dpop: 'anything' }
  t.equal((await app.inject({ url: PROTECTED, headers })).statusCode, 200)
  const alone = await app.inject({ url: PROTECTED, headers: { dpop: proofFor(bearer) } })
  t.match(result(alone), { message: 'Requires authentication' })
  const both = ['Bearer a', `DPoP ${bearer}`]
  const two = await app.inject({ url: PROTECTED, headers: { authorization: both as never } })
  t.match(result(two), { status: 400, refusal: 'authorization_malformed' })
})

test('the limit of failures applies to tokens, and not to proofs', async (t) => {
  const { call } = await dpopApp(t, { AUTH_FAILURES_MAX: '1' })
  const bearer = boundToken()
  t.match(await call({ bearer }), { status: 200 })
  for (let round = 0; round < 3; round += 1) {
    t.match(await call({ bearer, proof: undefined }), { refusal: 'dpop_proof_missing' })
  }
  t.match(await call({ bearer: 'bad' }), { status: 401 })
  t.match(await call({ bearer: 'worse' }), { status: 429 })
  t.match(await call({ bearer }), { status: 200 }, 'a cached token')
})

test('a request whose proof cannot be stored is 503, and not 401', async (t) => {
  const { app, log } = await dpopApp(t)
  app.get('/full', { config: { access: 'public' } }, () => {
    throw new ReplayStoreError('dpop_replay_store_full', 100)
  })
  const { statusCode, headers, body } = await app.inject('/full')
  t.strictSame([statusCode, body], [503, '{"message":"Service Unavailable"}'])
  t.equal(headers['retry-after'], '100')
  t.match(log.at(-1), { status: 503, refusal: 'dpop_replay_store_full' })
})

test('the hint of a rejected proof is in the log', async (t) => {
  const server = await testServer(PROBE_SERVER, { environment: { LOG_HINTS: 'true' } })
  t.teardown(() => server.close())
  const bearer = await server.tokenFor({
    subject: 'test|1',
    claims: { cnf: { jkt: thumbprint() } },
  })
  const headers = { authorization: `DPoP ${bearer}` }
  t.match(await server.request('GET', PROTECTED, { headers }), { status: 401 })
  t.match(server.log.at(-1), {
    refusal: 'dpop_proof_missing',
    hint: /createFetcher sends proofs only if it has a dpopNonceId/,
  })
  const htu = `http://localhost:80${PROTECTED}`
  const dpop = proofFor(bearer, { claims: { htu, iat: Date.now() / 1000 } })
  const good = await server.request('GET', PROTECTED, { headers: { ...headers, dpop } })
  t.equal(good.status, 200, 'DPoP is allowed by default')
})
