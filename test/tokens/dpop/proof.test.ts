import fc from 'fast-check'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { test } from 'tap'
import { ProofVerifier } from '../../../src/tokens/dpop/proof-verifier.ts'
import type { ReplayStore } from '../../../src/tokens/dpop/replay-store.ts'
import { normalizeUri, targetUri } from '../../../src/tokens/dpop/target-uri.ts'
import { publicMembers, thumbprintOf } from '../../../src/tokens/dpop/thumbprint.ts'
import { newKey } from '../../support/tokens/keys.ts'
import { CLIENT_KEY, proofFor, publicJwk, sha256, thumbprint } from '../../support/tokens/proofs.ts'
import { NOW } from '../../support/tokens/tokens.ts'

const UNUSED: ReplayStore = { add: () => true }

function verifierAt(now: number, algorithms = ['ES256']) {
  return new ProofVerifier({
    algorithms,
    times: { maxAge: 60, clockTolerance: 5 },
    now: () => now * 1000,
    replays: UNUSED,
  })
}

test('the example of RFC 9449 §7.1', async (t) => {
  const proof = [
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik',
    'VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR',
    'nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE',
    'QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj',
    'oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z',
    'WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF',
    'c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E',
    'OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  ].join('')
  const tokenHash = 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo'
  t.equal(sha256('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'), tokenHash)
  const expected = {
    method: 'GET',
    uri: 'https://resource.example.org/protectedresource',
    tokenHash,
    thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  }
  const { value, code } = await verifierAt(1_562_262_618).verify([proof], expected)
  t.equal(code, undefined)
  t.match(value, { jti: 'e1j3V_bKic8-LAEB', thumbprint: expected.thumbprint })
})

test('thumbprints are those of jose', async (t) => {
  for (const kind of ['ES256', 'RS256', 'Ed25519'] as const) {
    for (let round = 0; round < 5; round += 1) {
      const jwk = publicJwk(newKey(kind))
      const members = publicMembers({ use: 'sig', ...jwk, kid: 'x' })
      t.equal(members && thumbprintOf(members), await calculateJwkThumbprint(jwk), kind)
    }
  }
})

test('a proof is accepted exactly if jose and the claims say so', async (t) => {
  const bearer = 'a.b.c'
  const expected = {
    method: 'GET',
    uri: 'http://localhost/probe/protected',
    tokenHash: sha256(bearer),
    thumbprint: thumbprint(),
  }
  const odd = fc.oneof(fc.jsonValue(), fc.constant(undefined))
  const mostly = (good: unknown, bad: fc.Arbitrary<unknown> = odd) =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(good) }, bad)
  const key = fc.constantFrom(...Array(12).fill(CLIENT_KEY), newKey('ES256'), newKey('RS256'))
  const anyProof = fc.record({
    claims: fc.record({
      jti: mostly('jti'),
      htm: mostly('GET'),
      htu: mostly('http://localhost/probe/protected'),
      ath: mostly(sha256(bearer)),
      iat: mostly(NOW, fc.oneof(odd, fc.integer({ min: NOW - 70, max: NOW + 40 }))),
      nonce: mostly(undefined),
    }),
    header: fc.record(
      { typ: mostly('dpop+jwt'), alg: mostly('ES256'), crit: mostly(undefined) },
      { requiredKeys: [] },
    ),
    key,
    signer: key,
    cut: mostly(0, fc.nat(100)),
  })
  const byJose = async (proof: string): Promise<boolean> => {
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        algorithms: ['ES256'],
        typ: 'dpop+jwt',
        currentDate: new Date(NOW * 1000),
      })
      const { jti, htm, htu, ath, iat = NaN, nonce } = payload
      return (
        protectedHeader.typ === 'dpop+jwt' &&
        protectedHeader['crit'] === undefined &&
        typeof jti === 'string' &&
        jti !== '' &&
        jti.length <= 256 &&
        htm === 'GET' &&
        htu === expected.uri &&
        ath === expected.tokenHash &&
        iat >= NOW - 65 &&
        iat <= NOW + 35 &&
        (nonce === undefined || typeof nonce === 'string') &&
        (await calculateJwkThumbprint(Object(protectedHeader.jwk))) === expected.thumbprint
      )
    } catch {
      return false
    }
  }
  const verifier = verifierAt(NOW)
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(anyProof, async ({ claims, header, key, signer, cut }) => {
      const whole = proofFor(bearer, {
        claims,
        key: signer,
        header: { jwk: publicJwk(key), ...header },
      })
      const proof = whole.slice(0, whole.length - Number(cut))
      const { value } = await verifier.verify([proof], expected)
      if (value !== undefined) accepted += 1
      const canonical = proof
        .split('.')
        .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
      return canonical ? (value !== undefined) === (await byJose(proof)) : value === undefined
    }),
    { numRuns: 1500 },
  )
  t.ok(accepted > 100, `${accepted} of 1500 proofs were good`)
})

test('URIs are compared after normalization', async (t) => {
  const same: Record<string, string> = {
    'HTTPS://API.Example.COM:443/a': 'https://api.example.com/a',
    'http://a.test:80': 'http://a.test/',
    'http://a.test:8080/?x#y': 'http://a.test:8080/',
    'http://a.test/%7Ea%2fb%c3%A9': 'http://a.test/~a%2Fb%C3%A9',
    'http://a.test/a/./b/../c/%2e%2E/d': 'http://a.test/a/d',
    'http://a.test//a/': 'http://a.test//a/',
    'http://a.test/@': 'http://a.test/@',
    'http://[::1]:80/': 'http://[::1]/',
  }
  for (const [text, uri] of Object.entries(same)) t.equal(normalizeUri(text), uri, text)
  for (const text of [
    ...[
      '',
      '/a',
      'a.test/a',
      'ftp://a.test/',
      'http:a.test',
      'http:///a',
      'http://',
      'http://u@a/',
    ],
    ...[
      'http://u:p@a.test/',
      'http://a.test\\b',
      'http:\\\\a.test',
      ' http://a.test',
      'http://a/ b',
    ],
    ...['http://a.test:99999/', 'http://a\n.test/', 'javascript://a.test/'],
  ]) {
    t.equal(normalizeUri(text), undefined, JSON.stringify(text))
  }
})

test('the URI of a request is the one that a client has in its proof', async (t) => {
  const base = 'https://api.test:8443/v1'
  fc.assert(
    fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
      const url = new URL(`https://api.test:8443/v1/x${path}?${query}`)
      if (/\/\.{1,2}(\/|$)/.test(path)) return true
      const target = `${url.pathname.slice(3)}${url.search}`
      url.search = ''
      return targetUri(base, target) === normalizeUri(url.href)
    }),
  )
  t.equal(targetUri(base, '//evil.test/a'), 'https://api.test:8443/v1//evil.test/a')
  for (const target of ['', '*', 'a', 'http://a.test/a', '/a/..', '/./a', '/%2e%2e/a', '/.%2E']) {
    t.equal(targetUri(base, target), undefined, target)
  }
})
