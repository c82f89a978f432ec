import { test } from 'tap'
import { parseJwks } from '../../../src/tokens/keys/jwks.ts'
import { newKey } from '../../support/tokens/keys.ts'

const { jwk } = newKey('RS256', 'good')
const { alg: _alg, ...anyRsa } = jwk
const small = newKey('RS256_1024', 'small')

test('keys that do not fit are left out one by one, and spoil no other', async (t) => {
  const unfit: [reason: string, jwk: unknown][] = [
    ['not a JSON object', null],
    ['not a JSON object', 'text'],
    ['not a JSON object', [jwk]],
    ['symmetric or private key', { kty: 'oct', k: 'AAAA', kid: 'x' }],
    ['symmetric or private key', { ...jwk, ...newKey().privateKey.export({ format: 'jwk' }) }],
    ['not for signatures', { ...jwk, use: 'enc' }],
    ['not for verification', { ...jwk, key_ops: ['sign'] }],
    ['not for verification', { ...jwk, key_ops: 'verify' }],
    ['no allowed algorithm', { ...jwk, alg: 'RS512' }],
    ['no allowed algorithm', { ...jwk, alg: 1 }],
    ['no allowed algorithm', { ...jwk, kty: 'EC', crv: 'P-256' }],
    ['no allowed algorithm', newKey('ES256').jwk],
    ['unknown key type', { kid: 'nothing else' }],
    ['unknown key type', { kty: { toString: 1, valueOf: 1 } }],
    ['no allowed algorithm', { kty: 'RSA', crv: { toString: 1 }, alg: 'x' }],
    ['malformed key', { kty: 'RSA' }],
    ['malformed key', { ...jwk, n: 1 }],
    ['smaller than 2048 bits', small.jwk],
    ['exponent under 3', { ...jwk, e: 'AQ' }],
    ['exponent under 3', { ...jwk, e: '' }],
  ]
  for (const [reason, bad] of unfit) {
    const { keys, unusable } = parseJwks([bad, jwk], ['RS256'])
    t.match(unusable, [{ reason }], reason)
    t.match(keys, [{ kid: 'good', algorithms: ['RS256'] }])
  }
})

test('what fits is used', async (t) => {
  const fitting: [unknown, string[]][] = [
    [jwk, ['RS256']],
    [anyRsa, ['RS256', 'PS256']],
    [{ ...jwk, use: undefined }, ['RS256']],
    [{ ...jwk, key_ops: ['verify'] }, ['RS256']],
    [{ ...jwk, kid: undefined, x5c: ['ignored'], more: true }, ['RS256']],
    [newKey('ES256').jwk, ['ES256']],
    [newKey('Ed25519').jwk, ['Ed25519']],
    [{ ...newKey('Ed25519').jwk, alg: 'EdDSA' }, ['EdDSA']],
  ]
  const allowed = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519']
  for (const [good, algorithms] of fitting) {
    const { keys, unusable } = parseJwks([good], allowed)
    t.match(keys, [{ algorithms }], String(algorithms))
    t.strictSame(unusable, [])
  }
})
