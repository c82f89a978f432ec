import fc from 'fast-check'
import { type Test, test } from 'tap'
import { decodeToken } from '../../src/tokens/jws.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { KEY, newKey } from '../support/tokens/keys.ts'
import {
  AUDIENCE,
  claims,
  encodeSegment,
  ISSUER,
  NOW,
  signJws,
  token,
} from '../support/tokens/tokens.ts'

const PROTECTED = '/probe/protected'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const [HEADER = '', CLAIMS = '', SIGNATURE = ''] = token().split('.')

async function accepts(t: Test, { call }: TestApp, cases: Record<string, string>): Promise<void> {
  for (const [name, good] of Object.entries(cases)) {
    t.match(await call(PROTECTED, good), { status: 200 }, name)
  }
}

async function refuses(
  t: Test,
  { call, log }: TestApp,
  cases: Record<string, [code: string, token: string]>,
): Promise<void> {
  for (const [name, [code, bad]] of Object.entries(cases)) {
    const { status, message, headers } = await call(PROTECTED, bad)
    t.strictSame([status, message], [401, 'Bad credentials'], name)
    t.equal(log.at(-1)?.['refusal'], code, `${name}: ${code}`)
    const challenge = String(headers['www-authenticate'])
    t.match(challenge, /^Bearer realm="api", error="invalid_token", error_description="[^"\\]+"$/)
  }
}

test('tokens that hold are accepted', async (t) => {
  const app = await testApp(t)
  t.ok(padded(8 * 1024).length > 8 * 1024 - 4 && padded(8 * 1024).length <= 8 * 1024)
  await accepts(t, app, {
    'a good one': token(),
    'no typ': token({}, { typ: undefined }),
    'typ at+jwt': token({}, { typ: 'at+jwt' }),
    'typ application/AT+JWT in any case': token({}, { typ: 'application/AT+JWT' }),
    'audience among others': token({ aud: ['https://other.test', AUDIENCE] }),
    'expired within the tolerance': token({ exp: NOW - 4 }),
    'issued in the future within the tolerance': token({ iat: NOW + 5 }),
    'not before, within the tolerance': token({ nbf: NOW + 5 }),
    'fractions of a second': token({ exp: NOW + 0.5, iat: NOW - 0.5 }),
    'no kid, the one key fits': token({}, { kid: undefined }),
    'other header members are ignored': token({}, { jku: 'https://evil.test', x5u: 'x', jwk: {} }),
    '8 KiB': padded(8 * 1024),
  })
})

/** A good token of as many bytes as allowed, give or take what base64 cannot reach. */
function padded(size: number): string {
  const room = size - token({ padding: '' }).length
  return token({ padding: 'x'.repeat(Math.floor((room * 3) / 4)) })
}

test('a segment has one spelling: the one that its bytes are encoded to', async (t) => {
  const text = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 1, maxLength: 12 })
  const seen = { canonical: 0, other: 0 }
  fc.assert(
    fc.property(text, (signature) => {
      const canonical = Buffer.from(signature, 'base64url').toString('base64url') === signature
      seen[canonical ? 'canonical' : 'other'] += 1
      const taken = decodeToken(`${HEADER}.${CLAIMS}.${signature}`).value !== undefined
      return taken === canonical
    }),
    { numRuns: 2000 },
  )
  t.ok(seen.canonical > 100 && seen.other > 100, JSON.stringify(seen))
})

test('a token has its own header, whatever came before', async (t) => {
  const header = fc.record({
    alg: fc.constantFrom('RS256', 'none'),
    kid: fc.constantFrom('a', 'b'),
  })
  const property = fc.property(fc.array(header, { minLength: 2 }), (headers) =>
    headers.every((header) => {
      const { value } = decodeToken(`${encodeSegment(header)}.${CLAIMS}.${SIGNATURE}`)
      return JSON.stringify(value?.header) === JSON.stringify(header)
    }),
  )
  t.equal(fc.check(property).counterexample, null)
})

test('structure and JOSE header', async (t) => {
  const app = await testApp(t)
  const invalidUtf8 = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')
  const lastBit = SIGNATURE.slice(0, -1) + ALPHABET[ALPHABET.indexOf(SIGNATURE.slice(-1)) ^ 1]
  await refuses(t, app, {
    'over 8 KiB': ['token_too_large', `${HEADER}.${CLAIMS}.${'A'.repeat(8192)}`],
    opaque: ['token_malformed', 'Zm9vYmFy'],
    'two segments': ['token_malformed', `${HEADER}.${CLAIMS}`],
    'four segments': ['token_malformed', `${HEADER}.${CLAIMS}.${SIGNATURE}.x`],
    'five segments, encrypted': ['token_malformed', 'e30.a.b.c.d'],
    'no signature': ['token_malformed', `${HEADER}.${CLAIMS}.`],
    'the standard alphabet': ['token_malformed', `${HEADER}.${CLAIMS}.${SIGNATURE.slice(1)}+`],
    padding: ['token_malformed', `${HEADER}.${CLAIMS}.${SIGNATURE}==`],
    'stray bits at the end': ['token_malformed', `${HEADER}.${CLAIMS}.${lastBit}`],
    'a length that no bytes have': ['token_malformed', `${HEADER}.${CLAIMS}.A`],
    'header of invalid UTF-8': ['token_malformed', `${invalidUtf8}.${CLAIMS}.${SIGNATURE}`],
    'claims of invalid UTF-8': ['token_malformed', `${HEADER}.${invalidUtf8}.${SIGNATURE}`],
    'a byte order mark': ['token_malformed', signJws('\ufeff{"alg":"RS256"}', claims())],
    'claims that are not JSON': ['token_malformed', signJws({ alg: 'RS256' }, '{')],
    'claims that are an array': ['token_malformed', signJws({ alg: 'RS256' }, [claims()])],
    'claims that are null': ['token_malformed', signJws({ alg: 'RS256' }, 'null')],
    'header that is a string': ['token_malformed', signJws('"RS256"', claims())],
    crit: ['header_extension', token({}, { crit: ['exp'], exp: 1 })],
    b64: ['header_extension', token({}, { b64: true })],
    'no alg': ['header_malformed', token({}, { alg: undefined })],
    'alg that is not a string': ['header_malformed', token({}, { alg: ['RS256'] })],
    'kid that is not a string': ['header_malformed', token({}, { kid: 1 })],
    'alg none': ['algorithm_not_allowed', token({}, { alg: 'none' })],
    'alg in other case': ['algorithm_not_allowed', token({}, { alg: 'rs256' })],
    HMAC: ['algorithm_not_allowed', token({}, { alg: 'HS256' })],
    'an algorithm not configured': ['algorithm_not_allowed', token({}, { alg: 'PS256' })],
    'a logout token without typ': [
      'type_not_allowed',
      token({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    ],
    'typ of another kind': ['type_not_allowed', token({}, { typ: 'logout+jwt' })],
    'typ that is not a string': ['type_not_allowed', token({}, { typ: null })],
  })
})

test('claims', async (t) => {
  const app = await testApp(t)
  await refuses(t, app, {
    'an ID token by nonce': ['id_token', token({ nonce: 'n' })],
    'an ID token by at_hash': ['id_token', token({ at_hash: 'h' })],
    'an ID token by c_hash': ['id_token', token({ c_hash: 'h' })],
    'bound to a key': ['token_bound', token({ cnf: { jkt: 'x' } })],
    'issuer without its slash': ['issuer_mismatch', token({ iss: ISSUER.slice(0, -1) })],
    'no issuer': ['issuer_mismatch', token({ iss: undefined })],
    'issuer in a list': ['issuer_mismatch', token({ iss: [ISSUER] })],
    'another audience': ['audience_mismatch', token({ aud: 'https://other.test' })],
    'audience as a part of a word': ['audience_mismatch', token({ aud: `${AUDIENCE}/v2` })],
    'audience in another case': ['audience_mismatch', token({ aud: AUDIENCE.toUpperCase() })],
    'no audience': ['audience_mismatch', token({ aud: undefined })],
    'audience that is an object': ['audience_mismatch', token({ aud: { 0: AUDIENCE } })],
    'no exp': ['time_claim_malformed', token({ exp: undefined })],
    'no iat': ['time_claim_malformed', token({ iat: undefined })],
    'exp as text': ['time_claim_malformed', token({ exp: String(NOW + 60) })],
    'nbf null': ['time_claim_malformed', token({ nbf: null })],
    'an infinite exp': [
      'time_claim_malformed',
      signJws(
        { alg: 'RS256' },
        JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999'),
      ),
    ],
    expired: ['token_expired', token({ exp: NOW - 5 })],
    'not valid yet': ['token_not_yet_valid', token({ nbf: NOW + 6 })],
    'issued in the future': ['token_issued_in_future', token({ iat: NOW + 6 })],
    'no subject': ['subject_missing', token({ sub: undefined })],
    'an empty subject': ['subject_missing', token({ sub: '' })],
    'a subject that is not a string': ['subject_missing', token({ sub: 1 })],
    'an organization that is not a string': [
      'organization_malformed',
      token({ org_id: ['org_a'] }),
    ],
  })
})

test('keys and signatures', async (t) => {
  const stranger = newKey('RS256', KEY.kid)
  const app = await testApp(t)
  const hmac = `${encodeSegment({ alg: 'HS256', kid: KEY.kid })}.${CLAIMS}.${SIGNATURE}`
  await refuses(t, app, {
    'an unknown key': ['unknown_key', token({}, { kid: 'other' })],
    'a stranger with the right kid': ['signature_invalid', token({}, {}, stranger)],
    'claims changed after signing': [
      'signature_invalid',
      `${HEADER}.${encodeSegment(claims({ sub: 'admin' }))}.${SIGNATURE}`,
    ],
    'header changed after signing': [
      'signature_invalid',
      `${encodeSegment({ alg: 'RS256', kid: KEY.kid })}.${CLAIMS}.${SIGNATURE}`,
    ],
    'a signature of another length': ['signature_invalid', `${HEADER}.${CLAIMS}.AAAA`],
    'the public key as an HMAC secret': ['algorithm_not_allowed', hmac],
    'a key in the header': [
      'signature_invalid',
      token({}, { jwk: stranger.jwk, kid: KEY.kid }, stranger),
    ],
  })
})

test('every kind of key, where its algorithm is allowed', async (t) => {
  const kinds = ['RS256', 'RS256_4096', 'PS256', 'ES256', 'Ed25519'] as const
  const keys = kinds.map((kind) => newKey(kind))
  const app = await testApp(t, {
    keys,
    environment: { ACCESS_TOKEN_ALGORITHMS: 'RS256, PS256, ES256, Ed25519, EdDSA' },
  })
  await accepts(t, app, Object.fromEntries(keys.map((key) => [key.kid, token({}, {}, key)])))
  const [rsa = KEY, , pss = KEY] = keys
  await refuses(t, app, {
    'a key under the name of another algorithm': ['unknown_key', token({}, { alg: 'PS256' }, rsa)],
    'a PSS key that signs RS256': [
      'unknown_key',
      token({}, { alg: 'RS256' }, { ...pss, alg: 'RS256' }),
    ],
    'an algorithm there is no key for': ['algorithm_not_allowed', token({}, { alg: 'ES512' }, rsa)],
  })
})

test('several keys with one kid are each tried', async (t) => {
  const first = newKey('RS256', 'same')
  const second = newKey('RS256', 'same')
  const app = await testApp(t, { keys: [first, second] })
  await accepts(t, app, {
    first: token({}, {}, first),
    second: token({}, {}, second),
    'no kid at all': token({}, { kid: undefined }, second),
  })
  await refuses(t, app, {
    neither: ['signature_invalid', token({}, { kid: 'same' }, KEY)],
  })
})

test('the first failure in the contract’s order is the one reported', async (t) => {
  const app = await testApp(t)
  const everything = { iss: 'x', aud: 'x', exp: 1, sub: '' }
  await refuses(t, app, {
    header: ['type_not_allowed', token({ ...everything }, { typ: 'x', kid: 'other' })],
    issuer: ['issuer_mismatch', token(everything, { kid: 'other' })],
    audience: ['audience_mismatch', token({ ...everything, iss: ISSUER }, { kid: 'other' })],
    times: ['token_expired', token({ exp: 1, sub: '' }, { kid: 'other' })],
    key: ['unknown_key', token({ sub: '', org_id: 1 }, { kid: 'other' })],
    signature: [
      'signature_invalid',
      `${HEADER}.${encodeSegment(claims({ sub: '' }))}.${SIGNATURE}`,
    ],
    subject: ['subject_missing', token({ sub: '', org_id: 1 })],
  })
})
