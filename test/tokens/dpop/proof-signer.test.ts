import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { test } from 'tap'
import { ProofSigner } from '../../../src/tokens/dpop/proof-signer.ts'
import { newKey } from '../../support/tokens/keys.ts'
import { sha256 } from '../../support/tokens/proofs.ts'

const NOW = 1_700_000_000
const REQUEST = { method: 'POST', uri: 'https://tenant.test/oauth/token' }

test('proofs are signed as another library verifies them, each with its own jti', async (t) => {
  const signer = new ProofSigner()
  const options = { currentDate: new Date(NOW * 1000), typ: 'dpop+jwt' }
  const verify = (proof: string) => jwtVerify(proof, EmbeddedJWK, options)
  const { payload, protectedHeader } = await verify(signer.sign(REQUEST, NOW))
  t.strictSame(payload, { jti: payload.jti, htm: 'POST', htu: REQUEST.uri, iat: NOW })
  t.strictSame(Object.keys(protectedHeader.jwk ?? {}), ['crv', 'kty', 'x', 'y'], 'the public key')
  t.equal(await calculateJwkThumbprint(protectedHeader.jwk ?? {}), signer.thumbprint)

  const bound = signer.sign({ ...REQUEST, token: 'a.b.c', nonce: 'n' }, NOW)
  const { payload: claims } = await verify(bound)
  t.match(claims, { ath: sha256('a.b.c'), nonce: 'n' })
  t.not(claims.jti, payload.jti)
})

test('a key is stored and loaded', async (t) => {
  const signer = new ProofSigner()
  t.equal(ProofSigner.import(signer.export()).thumbprint, signer.thumbprint)
  const rsa = newKey('RS256').privateKey.export({ format: 'jwk' })
  t.throws(() => ProofSigner.import(rsa), { message: 'The key is not an ES256 key.' })
  const ed = newKey('Ed25519').privateKey.export({ format: 'jwk' })
  t.throws(() => ProofSigner.import(ed), { message: 'The key is not an ES256 key.' })
  const { d: _, ...publicKey } = signer.export()
  t.throws(() => ProofSigner.import(publicKey))
})
