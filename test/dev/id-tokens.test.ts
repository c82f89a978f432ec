import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { test } from 'tap'
import { askToken, redemption, tenant, visitor, WEB } from './visitor.ts'

const HS256 = {
  client_id: 'messages-web-hs256',
  client_secret: 'messages-web-hs256-secret-of-32-bytes-or-more',
}

test('ID tokens of a client that is set so are signed with its secret', async (t) => {
  const issuer = await tenant(t)
  const { logIn } = visitor(issuer)
  const request = { ...WEB, client_id: HS256.client_id }
  const { answer } = await logIn('user', request)
  const { body } = await askToken(issuer, { ...redemption(answer['code']), ...request, ...HS256 })
  const { alg, kid } = decodeProtectedHeader(String(body['id_token']))
  t.strictSame([alg, kid], ['HS256', undefined])
  const secret = new TextEncoder().encode(HS256.client_secret)
  const { payload } = await jwtVerify(String(body['id_token']), secret)
  t.match(payload, { iss: issuer, aud: HS256.client_id, nonce: 'the-nonce', sub: 'local|user' })

  const keySet = createRemoteJWKSet(new URL(`${issuer}.well-known/jwks.json`))
  t.ok(await jwtVerify(String(body['access_token']), keySet), 'access tokens are RS256 as ever')
  await t.rejects(jwtVerify(String(body['id_token']), keySet))
})

test('max_age: a login that is too old has to be made again', async (t) => {
  const issuer = await tenant(t)
  const { logIn, authorize } = visitor(issuer)
  await logIn('user')
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  t.ok((await authorize({ max_age: '60' })).answer['code'])
  const strict = { prompt: 'none', max_age: '0' }
  t.equal((await authorize(strict)).answer['error'], 'login_required', 'zero: always')

  Date.now = () => now() + 62_000
  t.ok((await authorize({ max_age: '120', prompt: 'none' })).answer['code'])
  const page = await authorize({ max_age: '60' })
  t.match([page.status, page.html], [200, 'Log in'])
  const silent = await authorize({ max_age: '60', prompt: 'none' })
  t.equal(silent.answer['error'], 'login_required')

  const { answer } = await logIn('user', { max_age: '60' })
  const { body } = await askToken(issuer, redemption(answer['code']))
  const { auth_time: authTime } = decodeJwt(String(body['id_token']))
  t.ok(Number(authTime) >= Math.floor(now() / 1000) + 61)
  for (const max_age of ['soon', '-1', '1.5', '']) {
    t.equal((await authorize({ max_age })).answer['error'], 'invalid_request', max_age)
  }
})

test('consent is given at once', async (t) => {
  const { logIn, authorize } = visitor(await tenant(t))
  await logIn('user')
  t.ok((await authorize({ prompt: 'consent' })).answer['code'])
})
