import { decodeJwt } from 'jose'
import { test } from 'tap'
import { askToken, redemption, tenant, type Values, VERIFIER, visitor, WEB } from './visitor.ts'

test('codes: stolen, replayed, mixed up, too late', async (t) => {
  const issuer = await tenant(t)
  const { logIn, authorize } = visitor(issuer)
  await logIn('user')
  const code = async () => (await authorize({ prompt: 'none' })).answer['code']
  const wrong: Values[] = [
    { code_verifier: VERIFIER.slice(1) },
    { code_verifier: undefined },
    { redirect_uri: 'http://localhost:4041' },
    { redirect_uri: undefined },
    { code: 'made-up' },
    { client_id: 'messages-web', client_secret: 'messages-web-secret' },
  ]
  for (const changes of wrong) {
    const answer = await askToken(issuer, { ...redemption(await code()), ...changes })
    t.match(answer, { status: 400, body: { error: 'invalid_grant' } }, JSON.stringify(changes))
  }
  t.match(await askToken(issuer, { ...redemption(undefined) }), {
    body: { error: 'invalid_request' },
  })
  t.match(await askToken(issuer, { ...redemption(await code()), client_id: 'nobody' }), {
    status: 401,
    body: { error: 'invalid_client' },
  })

  const replayed = redemption(await code())
  const { body } = await askToken(issuer, replayed)
  const refresh = {
    grant_type: 'refresh_token',
    client_id: 'messages-spa',
    refresh_token: body['refresh_token'],
  }
  t.match(await askToken(issuer, replayed), { status: 400, body: { error: 'invalid_grant' } })
  t.match(
    await askToken(issuer, refresh),
    { body: { error: 'invalid_grant' } },
    'what it gave is revoked',
  )
  const userinfo = await fetch(`${issuer}userinfo`, {
    headers: { authorization: `Bearer ${body['access_token']}` },
  })
  t.equal(userinfo.status, 401)

  const late = redemption(await code())
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 60_000
  t.match(await askToken(issuer, late), { status: 400, body: { error: 'invalid_grant' } })
})

test('refresh tokens rotate for public clients, and reuse revokes', async (t) => {
  const issuer = await tenant(t)
  const { answer } = await visitor(issuer).logIn('user')
  const { body: first } = await askToken(issuer, redemption(answer['code']))
  const refresh = (token: string | undefined, changes: Values = {}) =>
    askToken(issuer, {
      grant_type: 'refresh_token',
      client_id: 'messages-spa',
      refresh_token: token,
      ...changes,
    })
  const { status, body: second } = await refresh(first['refresh_token'])
  t.equal(status, 200)
  t.not(second['refresh_token'], first['refresh_token'])
  t.match(decodeJwt(String(second['id_token'])), { sub: 'local|user' })
  const { body: third } = await refresh(second['refresh_token'])
  t.match(await refresh(first['refresh_token']), { status: 400, body: { error: 'invalid_grant' } })
  t.match(
    await refresh(third['refresh_token']),
    { status: 400 },
    'the thief has nothing, nor has anybody',
  )
  t.match(await refresh('made-up'), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await refresh(undefined), { status: 400, body: { error: 'invalid_request' } })
})

test('a confidential client needs its secret, no PKCE, and keeps its refresh token', async (t) => {
  const issuer = await tenant(t)
  const plain = { ...WEB, code_challenge: undefined, code_challenge_method: undefined }
  const { answer, to } = await visitor(issuer).logIn('user', plain)
  t.equal(to, WEB.redirect_uri)
  const secret = { client_secret: 'messages-web-secret' }
  const redeem = { ...redemption(answer['code']), ...WEB, code_verifier: undefined }
  t.match(await askToken(issuer, redeem), { status: 401, body: { error: 'invalid_client' } })
  t.match(await askToken(issuer, { ...redeem, ...secret, code_verifier: VERIFIER }), {
    body: { error: 'invalid_grant' },
  })
  const { body } = await askToken(issuer, { ...redeem, ...secret })
  const refresh = {
    ...WEB,
    ...secret,
    grant_type: 'refresh_token',
    refresh_token: body['refresh_token'],
  }
  for (const _ of [1, 2]) {
    t.match(await askToken(issuer, refresh), { body: { refresh_token: body['refresh_token'] } })
  }
  const spa = { ...refresh, client_id: 'messages-spa', client_secret: undefined }
  t.match(
    await askToken(issuer, spa),
    { body: { error: 'invalid_grant' } },
    'another client’s token',
  )
})
