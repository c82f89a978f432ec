import { type Test, test } from 'tap'
import { requestBound } from '../../support/tokens/bound-tokens.ts'
import { newKey } from '../../support/tokens/keys.ts'
import { type ProofChanges, proofFor } from '../../support/tokens/proofs.ts'
import {
  redemption,
  requestToken,
  tenant as startTenant,
  type Values,
  visitor,
} from '../../support/visitor.ts'

/** A tenant, and a call of /userinfo there. */
async function start(t: Test) {
  const issuer = await startTenant(t)
  const { logIn, authorize } = visitor(issuer)
  await logIn('user')
  return {
    issuer,
    async code(changes: Values = {}) {
      const { answer } = await authorize({ prompt: 'none', ...changes })
      return redemption(answer['code'])
    },
    proof(token: string | undefined, { claims = {}, ...changes }: ProofChanges = {}) {
      const request = { htm: 'GET', htu: `${issuer}userinfo`, iat: Date.now() / 1000 }
      return proofFor(token, { ...changes, claims: { ...request, ...claims } })
    },
    async call(authorization: string, dpop?: string, method = 'GET') {
      const headers = { authorization, ...(dpop !== undefined && { dpop }) }
      const response = await fetch(`${issuer}userinfo`, { method, headers })
      return {
        status: response.status,
        challenge: response.headers.get('www-authenticate'),
        body: await response.json(),
      }
    },
  }
}

test('/userinfo takes a bound token with a proof, opaque or not', async (t) => {
  const { issuer, code, call, proof } = await start(t)
  for (const audience of [{}, { audience: undefined }]) {
    const { body } = await requestBound(issuer, await code(audience))
    t.equal(body['token_type'], 'DPoP')
    const token = String(body['access_token'])
    const good = proof(token)
    t.match(await call(`DPoP ${token}`, good), { status: 200, body: { sub: 'local|user' } })
    const post = proof(token, { claims: { htm: 'POST' } })
    t.match(await call(`dpop ${token}`, post, 'POST'), { status: 200 })

    const invalidProof = {
      status: 401,
      challenge: 'Bearer realm="userinfo", DPoP error="invalid_dpop_proof", algs="ES256"',
      body: { error: 'invalid_dpop_proof' },
    }
    t.match(await call(`DPoP ${token}`, good), invalidProof, 'a replay')
    t.match(await call(`DPoP ${token}`), invalidProof, 'no proof')
    t.match(await call(`DPoP ${token}`, proof('another')), invalidProof, 'of another token')
    t.match(await call(`DPoP ${token}`, proof(undefined)), invalidProof, 'of no token')
    const invalidToken = {
      status: 401,
      challenge: 'Bearer realm="userinfo", DPoP error="invalid_token", algs="ES256"',
      body: { error: 'invalid_token' },
    }
    const other = proof(token, { key: newKey('ES256') })
    t.match(await call(`DPoP ${token}`, other), invalidToken, 'another key')
  }
})

test('/userinfo rejects a token in the other scheme', async (t) => {
  const { issuer, code, call, proof } = await start(t)
  const bearerChallenge = 'Bearer realm="userinfo", error="invalid_token", DPoP algs="ES256"'
  const { body: bound } = await requestBound(issuer, await code())
  const token = String(bound['access_token'])
  t.match(await call(`Bearer ${token}`, proof(token)), { status: 401, challenge: bearerChallenge })
  const { body } = await requestToken(issuer, await code())
  const plain = String(body['access_token'])
  t.match(await call(`DPoP ${plain}`, proof(plain)), { status: 401 })
  t.match(await call(`Bearer ${plain}`), { status: 200 })
  t.match(await call('Bearer'), { status: 401, challenge: bearerChallenge })
  t.match(await call('DPoP made-up', proof('made-up')), { status: 401 })
})
