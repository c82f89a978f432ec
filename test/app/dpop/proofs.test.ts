import { test } from 'tap'
import { type DpopCall, dpopApp, REFUSED } from '../../support/tokens/dpop-app.ts'
import { KEY, newKey } from '../../support/tokens/keys.ts'
import {
  boundToken,
  CLIENT_KEY,
  proofFor,
  publicJwk,
  sha256,
  thumbprint,
} from '../../support/tokens/proofs.ts'
import { NOW, signJws, token } from '../../support/tokens/tokens.ts'

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
