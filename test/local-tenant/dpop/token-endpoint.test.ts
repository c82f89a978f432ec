import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import { api } from '../../../src/local-tenant/directory/data.ts'
import { FEDERATED_GRANT, PERSONA_GRANT } from '../../../src/local-tenant/protocol/grant-types.ts'
import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { requestBound, tokenProof } from '../../support/tokens/bound-tokens.ts'
import { newKey } from '../../support/tokens/keys.ts'
import { CLIENT_KEY, publicJwk, thumbprint } from '../../support/tokens/proofs.ts'
import {
  redemption,
  requestToken,
  tenant as startTenant,
  type Values,
  VERIFIER,
  visitor,
  WEB,
} from '../../support/visitor.ts'

const MACHINE = {
  grant_type: 'client_credentials',
  client_id: 'messages-machine',
  client_secret: 'messages-machine-secret',
  audience: api.identifier,
}
const SECRET = { client_secret: 'messages-web-secret' }
const OTHER = newKey('ES256')

/** A tenant, with codes for its public client. */
async function start(t: Test) {
  const issuer = await startTenant(t)
  const { logIn, authorize } = visitor(issuer)
  await logIn('user')
  const code = async (changes: Values = {}) => {
    const { answer } = await authorize({ prompt: 'none', ...changes })
    return answer['code']
  }
  return { issuer, authorize, code }
}

function jktOf(token: string | undefined): unknown {
  return (decodeJwt(String(token))['cnf'] as Record<string, unknown> | undefined)?.['jkt']
}

test('a public client needs a nonce, and keeps its code for the next try', async (t) => {
  const { issuer, code } = await start(t)
  const request = redemption(await code())
  const first = await requestToken(issuer, request, { dpop: tokenProof(issuer) })
  t.match(first, {
    status: 400,
    body: {
      error: 'use_dpop_nonce',
      error_description: 'Authorization server requires nonce in DPoP proof',
    },
    nonce: /^[\w-]+$/,
  })
  const claims = { nonce: first.nonce, iat: 0 }
  const good = { dpop: tokenProof(issuer, { claims }) }
  const { status, body, nonce } = await requestToken(issuer, request, good)
  t.match([status, body['token_type'], nonce], [200, 'DPoP', null])
  t.equal(jktOf(body['access_token']), thumbprint())
  t.notOk(decodeJwt(String(body['id_token']))['cnf'], 'an ID token is never bound')

  const made = { dpop: tokenProof(issuer, { claims: { nonce: 'made-up' } }) }
  t.match(await requestToken(issuer, request, made), { body: { error: 'use_dpop_nonce' } })
})

test('a nonce that will soon be too old is replaced', async (t) => {
  const { issuer } = await start(t)
  const person = { grant_type: PERSONA_GRANT, persona: 'user' }
  const { nonce: old } = await requestToken(issuer, person, { dpop: tokenProof(issuer) })
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 60_000
  const dpop = tokenProof(issuer, { claims: { nonce: old } })
  const { status, nonce } = await requestToken(issuer, person, { dpop })
  t.equal(status, 200)
  t.ok(nonce)
  t.not(nonce, old)
})

test('a confidential client needs no nonce', async (t) => {
  const { issuer } = await start(t)
  const { status, body } = await requestToken(issuer, MACHINE, { dpop: tokenProof(issuer) })
  t.match([status, body['token_type']], [200, 'DPoP'])
  t.equal(jktOf(body['access_token']), thumbprint())
})

test('proofs that are rejected', async (t) => {
  const { issuer } = await start(t)
  const now = Date.now() / 1000
  const { privateKey } = CLIENT_KEY
  const rsa = newKey('RS256')
  const cases: [string, string][] = [
    ['empty', ''],
    ['not a JWT', 'x'],
    ['two proofs', `${tokenProof(issuer)}, ${tokenProof(issuer)}`],
    ['another method', tokenProof(issuer, { claims: { htm: 'GET' } })],
    ['another endpoint', tokenProof(issuer, { claims: { htu: `${issuer}userinfo` } })],
    ['another issuer', tokenProof(issuer, { claims: { htu: 'http://localhost:1/oauth/token' } })],
    ['too old', tokenProof(issuer, { claims: { iat: now - 70 } })],
    ['in the future', tokenProof(issuer, { claims: { iat: now + 40 } })],
    ['no jti', tokenProof(issuer, { claims: { jti: undefined } })],
    ['a hash that is not text', tokenProof(issuer, { claims: { ath: 1 } })],
    ['another type', tokenProof(issuer, { header: { typ: 'JWT' } })],
    ['another algorithm', tokenProof(issuer, { key: rsa })],
    ['signed by another key', tokenProof(issuer, { header: { jwk: publicJwk(OTHER) } })],
    [
      'a private key',
      tokenProof(issuer, { header: { jwk: privateKey.export({ format: 'jwk' }) } }),
    ],
  ]
  for (const [name, dpop] of cases) {
    const answer = await requestToken(issuer, MACHINE, { dpop })
    t.match(answer, { status: 400, body: { error: 'invalid_dpop_proof' }, nonce: null }, name)
  }
})

test('a proof is accepted once, also of parallel requests', async (t) => {
  const { issuer } = await start(t)
  const headers = { dpop: tokenProof(issuer) }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => requestToken(issuer, MACHINE, headers)),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  const description = 'The proof was used before.'
  const rejected = answers.filter(({ body }) => body['error_description'] === description)
  t.equal(rejected.length, 19)
})

test('fractions in iat, and a URI in another spelling', async (t) => {
  const { issuer } = await start(t)
  const htu = `${issuer.replace('localhost', 'LocalHost')}oauth/token?a=b#c`
  const dpop = tokenProof(issuer, { claims: { htu, iat: Math.floor(Date.now() / 1000) + 0.25 } })
  t.equal((await requestToken(issuer, MACHINE, { dpop })).status, 200)
})

test('a code that was requested for a key needs a proof with this key', async (t) => {
  const { issuer, code, authorize } = await start(t)
  const request = redemption(await code({ dpop_jkt: thumbprint() }))
  const denied = { status: 400, body: { error: 'invalid_dpop_proof' } }
  t.match(await requestToken(issuer, request), denied, 'no proof')
  t.match(await requestBound(issuer, request, { key: OTHER }), denied, 'another key')
  const { status, body } = await requestBound(issuer, request)
  t.equal(status, 200, 'the code is still good')
  t.equal(jktOf(body['access_token']), thumbprint())

  for (const dpop_jkt of ['', 'x', `${thumbprint()}=`]) {
    const { answer } = await authorize({ dpop_jkt })
    t.match(answer, { error: 'invalid_request', error_description: /dpop_jkt/ }, dpop_jkt)
  }
})

test('refresh tokens of a public client are bound to its key', async (t) => {
  const { issuer, code } = await start(t)
  const { body: first } = await requestBound(issuer, redemption(await code()))
  const refresh = (token: string | undefined): Values => ({
    grant_type: 'refresh_token',
    client_id: 'messages-spa',
    refresh_token: token,
  })
  const denied = { status: 400, body: { error: 'invalid_dpop_proof' } }
  t.match(await requestToken(issuer, refresh(first['refresh_token'])), denied, 'no proof')
  const other = await requestBound(issuer, refresh(first['refresh_token']), { key: OTHER })
  t.match(other, denied, 'another key')
  const { body: second } = await requestBound(issuer, refresh(first['refresh_token']))
  t.equal(second['token_type'], 'DPoP', 'it was not used up')
  t.equal(jktOf(second['access_token']), thumbprint())
  t.match(await requestToken(issuer, refresh(second['refresh_token'])), denied, 'the next one too')

  const { body: plain } = await requestToken(issuer, redemption(await code()))
  const { body: bound } = await requestBound(issuer, refresh(plain['refresh_token']))
  t.equal(bound['token_type'], 'DPoP', 'a plain login can go on with a key')
  t.match(await requestToken(issuer, refresh(bound['refresh_token'])), denied)
})

test('refresh tokens of a confidential client are not bound to a key', async (t) => {
  const { issuer } = await start(t)
  const { answer } = await visitor(issuer).logIn('user', WEB)
  const client = { ...WEB, ...SECRET }
  const redeem = { ...redemption(answer['code']), ...client, code_verifier: VERIFIER }
  const { body } = await requestBound(issuer, redeem)
  t.equal(jktOf(body['access_token']), thumbprint())
  const refresh = { ...client, grant_type: 'refresh_token', refresh_token: body['refresh_token'] }
  t.equal((await requestToken(issuer, refresh)).body['token_type'], 'Bearer')
  const { body: renewed } = await requestBound(issuer, refresh, { key: OTHER })
  t.equal(jktOf(renewed['access_token']), thumbprint(OTHER))

  const exchange = {
    ...client,
    grant_type: FEDERATED_GRANT,
    subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
    subject_token: body['refresh_token'],
    requested_token_type: 'http://auth0.com/oauth/token-type/federated-connection-access-token',
    connection: 'calendar',
  }
  const federated = await requestBound(issuer, exchange)
  t.match(federated, { status: 200, body: { token_type: 'Bearer' } }, 'not of this tenant')
  const bad = await requestBound(issuer, exchange, { claims: { htm: 'GET' } })
  t.match(bad, { status: 400, body: { error: 'invalid_dpop_proof' } })
})

test('metadata and CORS are as browsers need them', async (t) => {
  const { issuer } = await start(t)
  for (const name of ['openid-configuration', 'oauth-authorization-server']) {
    const metadata = await (await fetch(`${issuer}.well-known/${name}`)).json()
    t.match(metadata, { dpop_signing_alg_values_supported: ['ES256'] }, name)
  }
  const origin = 'http://localhost:4040'
  const preflight = await fetch(`${issuer}oauth/token`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'auth0-client,dpop',
    },
  })
  t.match(assertDefined(preflight.headers.get('access-control-allow-headers') ?? undefined), 'dpop')
  const body = new URLSearchParams({ grant_type: PERSONA_GRANT, persona: 'user' })
  const headers = { origin, dpop: tokenProof(issuer) }
  const answer = await fetch(`${issuer}oauth/token`, { method: 'POST', body, headers })
  t.equal(answer.status, 400)
  t.equal(answer.headers.get('access-control-allow-origin'), origin)
  t.match(answer.headers.get('access-control-expose-headers'), /DPoP-Nonce.*WWW-Authenticate/)
})
