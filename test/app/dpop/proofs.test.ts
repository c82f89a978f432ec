import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import { testServer } from '../../../src/testing/testing.ts'
import { ReplayStoreError } from '../../../src/tokens/dpop/errors.ts'
import { type TestAppOptions, testApp } from '../../support/app.ts'
import { PROBE_SERVER } from '../../support/probe-routes.ts'
import { parseRaw, sendRaw } from '../../support/raw-http.ts'
import { KEY, newKey } from '../../support/tokens/keys.ts'
import {
  boundToken,
  CLIENT_KEY,
  type ProofChanges,
  proofFor,
  publicJwk,
  sha256,
  thumbprint,
} from '../../support/tokens/proofs.ts'
import { NOW, signJws, token } from '../../support/tokens/tokens.ts'

const PROTECTED = '/probe/protected'
const SECRET = 'a secret of 32 characters at least'
const OTHER_SECRET = 'another secret with over 32 characters'
const ALGS = 'DPoP algs="ES256"'

interface DpopCall {
  readonly bearer?: string
  readonly proof?: string | readonly string[] | undefined
  readonly url?: string
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly headers?: Record<string, string>
}

async function dpopApp(
  t: Test,
  environment: TestAppOptions['environment'] = {},
  options: Pick<TestAppOptions, 'now'> = {},
) {
  const { app, log } = await testApp(t, {
    environment: { DPOP: 'allowed', ...environment },
    ...options,
  })
  const seen = {
    app,
    log,
    /** Calls a route with a bound token and a new proof. */
    async call({ bearer = boundToken(), method = 'GET', url = PROTECTED, ...rest }: DpopCall = {}) {
      const proof = 'proof' in rest ? rest.proof : proofFor(bearer)
      const { headers = {} } = rest
      const authorization = `DPoP ${bearer}`
      const dpop = proof === undefined ? {} : { dpop: proof as string }
      const response = await app.inject({
        method,
        url,
        headers: { authorization, ...dpop, ...headers },
      })
      return seen.result(response)
    },
    result({ statusCode: status, headers, body }: Awaited<ReturnType<FastifyInstance['inject']>>) {
      const { message = '' } = body === '' ? {} : JSON.parse(body)
      const refusal = log.at(-1)?.['refusal']
      return { status, message, refusal, challenge: String(headers['www-authenticate']), headers }
    },
    async proves(changes: ProofChanges, bearer = boundToken()) {
      return seen.call({ bearer, proof: proofFor(bearer, changes) })
    },
  }
  return seen
}

const REFUSED = { status: 401, message: 'Bad credentials' }

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

const rsa = newKey('RS256')
const other = boundToken({ sub: 'other' })
const pieces = (proof: string) => proof.split('.') as [string, string, string]
const BAD: Record<
  string,
  [code: string, proof: (bearer: string) => string | string[] | undefined]
> = {
  'no proof': ['dpop_proof_missing', () => undefined],
  'two proofs': ['dpop_proof_malformed', (bearer) => [proofFor(bearer), proofFor(bearer)]],
  'two in one field': [
    'dpop_proof_malformed',
    (bearer) => `${proofFor(bearer)}, ${proofFor(bearer)}`,
  ],
  empty: ['dpop_proof_malformed', () => ''],
  text: ['dpop_proof_malformed', () => 'proof'],
  '5 KiB': [
    'dpop_proof_malformed',
    (bearer) => proofFor(bearer, { claims: { x: 'x'.repeat(5000) } }),
  ],
  'an access token': ['dpop_header_malformed', (bearer) => bearer],
  'typ JWT': ['dpop_header_malformed', (bearer) => proofFor(bearer, { header: { typ: 'JWT' } })],
  'no typ': ['dpop_header_malformed', (bearer) => proofFor(bearer, { header: { typ: undefined } })],
  'a media type': [
    'dpop_header_malformed',
    (bearer) => proofFor(bearer, { header: { typ: 'application/dpop+jwt' } }),
  ],
  crit: ['dpop_header_malformed', (bearer) => proofFor(bearer, { header: { crit: ['exp'] } })],
  b64: ['dpop_header_malformed', (bearer) => proofFor(bearer, { header: { b64: true } })],
  none: ['dpop_algorithm_not_allowed', (bearer) => proofFor(bearer, { header: { alg: 'none' } })],
  HS256: ['dpop_algorithm_not_allowed', (bearer) => proofFor(bearer, { header: { alg: 'HS256' } })],
  RS256: ['dpop_algorithm_not_allowed', (bearer) => proofFor(bearer, { key: rsa })],
  'an odd alg': [
    'dpop_algorithm_not_allowed',
    (bearer) => proofFor(bearer, { header: { alg: 1 } }),
  ],
  'a private key': [
    'dpop_key_malformed',
    (bearer) =>
      proofFor(bearer, { header: { jwk: CLIENT_KEY.privateKey.export({ format: 'jwk' }) } }),
  ],
  'no key': ['dpop_key_malformed', (bearer) => proofFor(bearer, { header: { jwk: undefined } })],
  'a text as key': ['dpop_key_malformed', (bearer) => proofFor(bearer, { header: { jwk: 'x' } })],
  'a list as key': [
    'dpop_key_malformed',
    (bearer) => proofFor(bearer, { header: { jwk: [publicJwk(CLIENT_KEY)] } }),
  ],
  'a secret key': [
    'dpop_key_malformed',
    (bearer) => proofFor(bearer, { header: { jwk: { kty: 'oct', k: 'eA' } } }),
  ],
  'a key type that every object has': [
    'dpop_key_malformed',
    (bearer) => proofFor(bearer, { header: { jwk: { kty: 'constructor' } } }),
  ],
  'a key without y': [
    'dpop_key_malformed',
    (bearer) => proofFor(bearer, { header: { jwk: { ...publicJwk(CLIENT_KEY), y: undefined } } }),
  ],
  'jti of 257 characters': [
    'dpop_claims_malformed',
    (bearer) => proofFor(bearer, { claims: { jti: 'x'.repeat(257) } }),
  ],
  'an odd nonce': ['dpop_claims_malformed', (bearer) => proofFor(bearer, { claims: { nonce: 1 } })],
  'the method in lower case': [
    'dpop_method_mismatch',
    (bearer) => proofFor(bearer, { claims: { htm: 'get' } }),
  ],
  'another method': [
    'dpop_method_mismatch',
    (bearer) => proofFor(bearer, { claims: { htm: 'POST' } }),
  ],
  'the hash of another token': ['dpop_token_mismatch', () => proofFor(other)],
  'too old': ['dpop_proof_expired', (bearer) => proofFor(bearer, { claims: { iat: NOW - 66 } })],
  'in the future': [
    'dpop_proof_in_future',
    (bearer) => proofFor(bearer, { claims: { iat: NOW + 40 } }),
  ],
  forged: [
    'dpop_signature_invalid',
    (bearer) => proofFor(bearer, { key: newKey('ES256'), header: { jwk: publicJwk(CLIENT_KEY) } }),
  ],
  'a short signature': [
    'dpop_signature_invalid',
    (bearer) => `${pieces(proofFor(bearer)).slice(0, 2).join('.')}.AAAA`,
  ],
  'changed claims': [
    'dpop_signature_invalid',
    (bearer) => {
      const [header, , signature] = pieces(proofFor(bearer))
      const [, claims] = pieces(proofFor(bearer))
      return [header, claims, signature].join('.')
    },
  ],
}
for (const name of ['jti', 'htm', 'htu', 'ath', 'iat']) {
  for (const value of [undefined, null, [], {}, '', true, name === 'iat' ? '1' : 1]) {
    BAD[`${name} ${JSON.stringify(value)}`] = [
      'dpop_claims_malformed',
      (bearer) => proofFor(bearer, { claims: { [name]: value } }),
    ]
  }
}
for (const htu of [
  ...['http://localhost/probe/admin', 'https://localhost/probe/protected', 'http://localhost'],
  ...['http://evil.test/probe/protected', 'http://localhost:8080/probe/protected'],
  ...['http://localhost/probe/protected/', 'http://localhost//probe/protected', '/probe/protected'],
  ...['http://u:p@localhost/probe/protected', 'http://localhost\\probe\\protected'],
  ...['http://localhost/probe%2Fprotected', ' http://localhost/probe/protected', 'http://:80'],
  ...['ftp://localhost/probe/protected', 'http://localhost/PROBE/protected'],
]) {
  BAD[`htu ${htu}`] = ['dpop_uri_mismatch', (bearer) => proofFor(bearer, { claims: { htu } })]
}

test('proofs that do not hold', async (t) => {
  const { call } = await dpopApp(t)
  const bearer = boundToken()
  for (const [name, [code, proof]] of Object.entries(BAD)) {
    t.match(
      await call({ bearer, proof: proof(bearer) }),
      {
        ...REFUSED,
        refusal: code,
        challenge:
          /^Bearer realm="api", DPoP algs="ES256", error="invalid_dpop_proof", error_description="[^"\\]+"$/,
      },
      name,
    )
  }
  const infinite = signJws(
    { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk(CLIENT_KEY) },
    '{"jti":"x","htm":"GET","htu":"x","ath":"x","iat":1e999}',
    CLIENT_KEY,
  )
  t.match(await call({ bearer, proof: infinite }), { refusal: 'dpop_claims_malformed' })
  t.match(await call({ bearer }), { status: 200 }, 'and then a good one')
})

test('nothing in a proof reaches a header, a body or the log', async (t) => {
  const { log, proves } = await dpopApp(t)
  const MARKER = 'MARKER"\r\nx: y'
  for (const claims of ['jti', 'htm', 'htu', 'ath', 'nonce'].map((name) => ({ [name]: MARKER }))) {
    const response = await proves({ claims })
    t.notMatch(JSON.stringify([response, log]), /MARKER/)
  }
  t.notMatch(JSON.stringify(await proves({ header: { typ: MARKER } })), /MARKER/)
})

test('other algorithms, where they are configured', async (t) => {
  const environment = { DPOP_ALGORITHMS: 'RS256,PS256,EdDSA,Ed25519,ES256' }
  const { app, proves, call } = await dpopApp(t, environment)
  for (const kind of ['RS256', 'RS256_4096', 'PS256', 'ES256', 'Ed25519'] as const) {
    const key = newKey(kind)
    t.match(await proves({ key }, boundToken({}, key)), { status: 200 }, kind)
  }
  const weak = newKey('RS256_1024')
  const bearer = boundToken({}, weak)
  t.match(await proves({ key: weak }, bearer), { ...REFUSED, refusal: 'dpop_key_malformed' })
  const swapped = { key: CLIENT_KEY, header: { alg: 'RS256' } }
  t.match(
    await proves(swapped),
    { ...REFUSED, refusal: 'dpop_key_malformed' },
    'key of another kind',
  )
  const { n, kty } = publicJwk(rsa)
  for (const jwk of [
    { kty, n, e: 'AQ' },
    { kty, n, e: n },
    { kty, n: Buffer.alloc(1024, 255).toString('base64url'), e: 'AQAB' },
  ]) {
    const text = JSON.stringify({ e: jwk.e, kty, n: jwk.n })
    const bearer = token({ cnf: { jkt: sha256(text) } })
    const proof = proofFor(bearer, { key: rsa, header: { jwk } })
    t.match(
      await call({ bearer, proof }),
      { ...REFUSED, refusal: 'dpop_key_malformed' },
      jwk.e ?? '',
    )
  }
  const { challenge } = await call({ proof: undefined })
  t.match(challenge, 'DPoP algs="RS256 PS256 EdDSA Ed25519 ES256"')
  await app.close()
})

test('one kind of JWT in the place of another', async (t) => {
  const { call } = await dpopApp(t, { DPOP_ALGORITHMS: 'RS256,ES256' })
  const bearer = boundToken()
  const idToken = boundToken({ nonce: 'n', aud: 'client' })
  const cases: Record<string, [code: string, call: DpopCall]> = {
    'a proof as token': ['algorithm_not_allowed', { bearer: proofFor(bearer) }],
    'an ID token as token': ['id_token', { bearer: idToken }],
    'an ID token as proof': ['dpop_header_malformed', { bearer, proof: idToken }],
    'the key of the tenant': [
      'dpop_key_mismatch',
      { bearer, proof: proofFor(bearer, { key: KEY }) },
    ],
  }
  for (const [name, [refusal, request]] of Object.entries(cases)) {
    t.match(await call(request), { ...REFUSED, refusal }, name)
  }
})

test('a proof is accepted once, in sequence and in parallel', async (t) => {
  const { call } = await dpopApp(t)
  const bearer = boundToken()
  const proof = proofFor(bearer)
  t.match(await call({ bearer, proof }), { status: 200 })
  t.match(await call({ bearer, proof }), { ...REFUSED, refusal: 'dpop_replayed' })
  const parallel = proofFor(bearer)
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => call({ bearer, proof: parallel })),
  )
  t.equal(responses.filter(({ status }) => status === 200).length, 1)
  const distinct = await Promise.all(Array.from({ length: 200 }, () => call({ bearer })))
  t.ok(distinct.every(({ status }) => status === 200))
})

test('the second signature that follows from an ECDSA signature is not a new proof', async (t) => {
  const { call } = await dpopApp(t)
  const bearer = boundToken()
  const proof = proofFor(bearer)
  const [header, claims, signature] = pieces(proof)
  const bytes = Buffer.from(signature, 'base64url')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const mirrored = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ]).toString('base64url')
  t.match(await call({ bearer, proof: [header, claims, mirrored].join('.') }), { status: 200 })
  t.match(await call({ bearer, proof }), { refusal: 'dpop_replayed' })
})

test('a proof that is rejected, and one without a valid token, is not stored as used', async (t) => {
  const { call } = await dpopApp(t)
  const bearer = boundToken()
  const forged = token({ cnf: { jkt: thumbprint() } }, {}, newKey('RS256', 'current'))
  const jti = 'the same'
  t.match(await call({ bearer: forged, proof: proofFor(forged, { claims: { jti } }) }), REFUSED)
  const late = proofFor(bearer, { claims: { jti, iat: NOW - 100 } })
  t.match(await call({ bearer, proof: late }), { refusal: 'dpop_proof_expired' })
  t.match(await call({ bearer, proof: proofFor(bearer, { claims: { jti } }) }), { status: 200 })
  const key = newKey('ES256')
  const theirs = boundToken({}, key)
  const same = proofFor(theirs, { key, claims: { jti } })
  t.match(await call({ bearer: theirs, proof: same }), { status: 200 }, 'the jti of another client')
})

test('1 MB of proofs without a valid token leaves nothing in memory', async (t) => {
  const { app, call } = await dpopApp(t)
  const unsigned = token({ cnf: { jkt: thumbprint() } }, {}, newKey('RS256', 'current'))
  const bearer = boundToken()
  let bytes = 0
  while (bytes < 1024 * 1024) {
    const forged = proofFor(unsigned, { claims: { x: 'x'.repeat(2_000) } })
    bytes += forged.length
    t.equal((await call({ bearer: unsigned, proof: forged })).status, 401)
  }
  t.equal(app.usedProofs(), 0)
  t.match(await call({ bearer, proof: proofFor(bearer, { key: newKey('ES256') }) }), REFUSED)
  t.equal(app.usedProofs(), 0)
  t.match(await call({ bearer }), { status: 200 })
  t.equal(app.usedProofs(), 1)
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

test('the URL of a request behind proxies', async (t) => {
  const stripped = await dpopApp(t, { PUBLIC_URL: 'https://api.example.com/v1/' })
  const htu = 'https://api.example.com/v1/probe/protected'
  t.match(await stripped.proves({ claims: { htu } }), { status: 200 })
  t.match(await stripped.proves({}), { refusal: 'dpop_uri_mismatch' })

  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example.com' }
  const call = async (TRUST_PROXY: string, headers: Record<string, string>) => {
    const { call } = await dpopApp(t, { TRUST_PROXY, TRUST_FORWARDED_HOST: 'true' })
    const bearer = boundToken()
    const claims = { htu: 'https://api.example.com/probe/protected' }
    return call({ bearer, headers, proof: proofFor(bearer, { claims }) })
  }
  t.match(await call('127.0.0.1', forwarded), { status: 200 })
  t.match(await call('10.0.0.1', forwarded), { refusal: 'dpop_uri_mismatch' }, 'not trusted')
  for (const host of [
    'api.example.com/probe/protected?',
    'api.example.com#',
    'u@api.example.com',
  ]) {
    const headers = { ...forwarded, 'x-forwarded-host': host }
    t.match(await call('127.0.0.1', headers), { status: 400, message: 'Bad Request' }, host)
  }
  const odd = { ...forwarded, 'x-forwarded-proto': 'javascript' }
  t.match(await call('127.0.0.1', odd), { status: 400 })
})

test('a proof for one route does not fit another by a path that is written differently', async (t) => {
  const { app, call, log } = await dpopApp(t)
  app.get('/files/*', { config: { access: {} } }, () => ({}))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  /** `inject` and `fetch` would normalize the target. */
  const send = async (target: string, host = 'localhost') => {
    const bearer = boundToken()
    const head = `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n`
    const credentials = `authorization: DPoP ${bearer}\r\ndpop: ${proofFor(bearer)}\r\n\r\n`
    const { status } = parseRaw(await sendRaw(port, '127.0.0.1', head + credentials))
    return [status, status === 401 ? log.at(-1)?.['refusal'] : undefined]
  }
  const rejected = [400, undefined]
  for (const path of ['../probe/protected', '%2e%2E/probe/protected', 'x/%2e', '..']) {
    t.strictSame(await send(`/files/${path}`), rejected, path)
  }
  t.strictSame(await send('/files/..\\..\\probe\\protected'), rejected, 'backslashes')
  t.strictSame(await send('http://localhost/probe/protected'), rejected, 'absolute form')
  t.strictSame(await send('/files/a?x=/../probe/protected'), [401, 'dpop_uri_mismatch'])
  t.strictSame(await send('/files/a#/../../probe/protected'), [401, 'dpop_uri_mismatch'])
  t.strictSame(await send('/probe/protected?x=1'), [200, undefined])
  t.strictSame(await send('/probe/protected', 'localhost/probe/protected?'), rejected)
  t.match(await call({ headers: { host: 'localhost:81' } }), { refusal: 'dpop_uri_mismatch' })
})

test('with nonces, a client gets one with its first request, and the next one in time', async (t) => {
  const clock = { now: NOW * 1000 }
  const server = (DPOP_NONCE_SECRETS: string) =>
    dpopApp(t, { DPOP_NONCE_SECRETS }, { now: () => clock.now })
  const [one, two, foreign] = [
    await server(SECRET),
    await server(SECRET),
    await server(OTHER_SECRET),
  ]
  const needed = {
    ...REFUSED,
    challenge:
      /^Bearer realm="api", DPoP algs="ES256", error="use_dpop_nonce", error_description="[^"]+"$/,
  }
  const first = await one.call()
  t.match(first, { ...needed, refusal: 'dpop_nonce_missing' })
  t.match(first.headers, {
    'cache-control': 'no-store',
    'access-control-expose-headers': /DPoP-Nonce/,
  })
  const nonce = String(first.headers['dpop-nonce'])
  t.match(nonce, /^[\w-]+$/)
  for (const { proves } of [one, two]) {
    // Its own clock does not matter.
    const response = await proves({ claims: { nonce, iat: 1 } })
    t.equal(response.status, 200)
    t.notOk('dpop-nonce' in response.headers)
  }
  const proof = proofFor(boundToken(), { claims: { nonce } })
  t.match(await one.call({ proof }), { status: 200 })
  const replayed = await one.call({ proof })
  t.match(replayed, { ...REFUSED, refusal: 'dpop_replayed' })
  t.notMatch(replayed.challenge, /use_dpop_nonce/)
  t.notOk('dpop-nonce' in replayed.headers)

  for (const bad of ['', 'garbage', `${nonce}A`]) {
    const response = await one.proves({ claims: { nonce: bad } })
    t.match(response, { ...needed, refusal: 'dpop_nonce_invalid' })
    t.equal(response.headers['dpop-nonce'], nonce)
  }
  t.match(await foreign.proves({ claims: { nonce } }), { ...needed, refusal: 'dpop_nonce_invalid' })

  clock.now += 60_000
  const late = await one.proves({ claims: { nonce } })
  t.equal(late.status, 200)
  const next = String(late.headers['dpop-nonce'])
  t.not(next, nonce)
  t.match(await one.proves({ claims: { nonce: next } }), { status: 200 })
  clock.now += 60_000
  t.match(await one.proves({ claims: { nonce } }), { refusal: 'dpop_nonce_invalid' })
  t.match(await one.proves({ claims: { nonce: next } }), { status: 200 })
})

test('a secret for nonces can be replaced without a rejected request', async (t) => {
  const both = `${OTHER_SECRET},${SECRET}`
  const [old, renewed] = [
    await dpopApp(t, { DPOP_NONCE_SECRETS: SECRET }),
    await dpopApp(t, { DPOP_NONCE_SECRETS: both }),
  ]
  const nonce = String((await old.call()).headers['dpop-nonce'])
  t.match(await renewed.proves({ claims: { nonce } }), { status: 200 })
  t.not((await renewed.call()).headers['dpop-nonce'], nonce)
  t.notMatch(JSON.stringify(renewed.app.config), 'secret')
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
