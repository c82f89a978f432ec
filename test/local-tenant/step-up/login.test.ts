import { decodeJwt } from 'jose'
import { test } from 'tap'
import { redemption, requestToken, visitor } from '../../support/visitor.ts'
import { API, MFA, startWith, transactionOf, useFactor } from './data.ts'

const UNMET = 'unmet_authentication_requirements'

/** The claims of the tokens for a code. */
async function tokensFor(issuer: string, code: string | undefined) {
  const { body } = await requestToken(issuer, redemption(code))
  return {
    access: decodeJwt(String(body['access_token'])),
    id: decodeJwt(String(body['id_token'])),
    refreshToken: body['refresh_token'],
  }
}

test('a login with acr_values asks for the pretend factor, and tokens have it', async (t) => {
  const { issuer } = await startWith(t)
  const ann = visitor(issuer)
  const page = await ann.logIn('ann', { acr_values: `urn:unknown ${MFA}` })
  t.equal(page.status, 200)
  t.match(page.html, /<title>Second factor.*pretend.*no code and no device/s)
  t.match(page.html, /ann<\/strong>, to <strong>Messages in the browser/)
  const { answer } = await useFactor(ann, page)
  t.match(answer, { state: 'the-state', iss: issuer })

  const { access, id, refreshToken } = await tokensFor(issuer, answer['code'])
  const { auth_time } = id
  t.match(access, { [`${API}/acr`]: MFA, [`${API}/auth_time`]: auth_time })
  t.notHas(access, 'acr')
  t.match(id, { acr: MFA, amr: ['mfa'] })

  const { body } = await requestToken(issuer, {
    grant_type: 'refresh_token',
    client_id: 'messages-spa',
    refresh_token: refreshToken,
  })
  t.match(decodeJwt(String(body['access_token'])), {
    [`${API}/acr`]: MFA,
    [`${API}/auth_time`]: auth_time,
  })
  const renewed = decodeJwt(String(body['id_token']))
  t.equal(renewed['auth_time'], auth_time)
  t.notOk('acr' in renewed || 'amr' in renewed, 'as at Auth0')
})

test('the session keeps the factor; a session without it needs the factor alone', async (t) => {
  const { issuer, sessions } = await startWith(t)
  const ann = visitor(issuer)
  const first = await tokensFor(issuer, (await ann.logIn('ann')).answer['code'])
  t.notHas(first.access, `${API}/acr`)
  t.hasProps(first.access, [`${API}/auth_time`])
  t.notHas(first.id, 'acr')

  const page = await ann.authorize({ acr_values: MFA })
  t.match(page.html, /Second factor/, 'nobody chooses a persona again')
  const stepped = await tokensFor(issuer, (await useFactor(ann, page)).answer['code'])
  t.equal(stepped.id['auth_time'], first.id['auth_time'], 'the time of the login stays')
  t.match(sessions.list(), [{ acr: MFA }])

  const silent = await ann.authorize({ acr_values: MFA, prompt: 'none' })
  const { access, id } = await tokensFor(issuer, silent.answer['code'])
  t.equal(access[`${API}/acr`], MFA)
  t.notHas(id, 'acr', 'not in a later ID token')

  await ann.logIn('ann', { prompt: 'login' })
  t.match(sessions.list(), [{ acr: undefined }], 'a new login begins without it')
})

test('max_age and acr_values: an old login and its factor are both repeated', async (t) => {
  const { issuer } = await startWith(t)
  const ann = visitor(issuer)
  await useFactor(ann, await ann.logIn('ann', { acr_values: MFA }))
  const again = await ann.logIn('ann', { acr_values: MFA, max_age: '0' })
  t.match(again.html, /Second factor/)
  t.hasProps((await useFactor(ann, again)).answer, ['code'])
})

test('prompt=none says with the words of Auth0 that the factor is missing', async (t) => {
  const { issuer } = await startWith(t)
  const ann = visitor(issuer)
  const silently = () => ann.authorize({ acr_values: MFA, prompt: 'none' })
  t.match((await silently()).answer, {
    error: 'login_required',
    error_description: 'Login is required.',
  })
  await ann.logIn('ann')
  t.match((await silently()).answer, {
    error: 'login_required',
    error_description: 'Multifactor authentication required',
    state: 'the-state',
  })
})

test('what the second factor cannot give is an error of RFC 9470', async (t) => {
  const { issuer } = await startWith(t)
  const bob = visitor(issuer)
  t.match((await bob.logIn('bob', { acr_values: MFA })).answer, {
    error: UNMET,
    error_description: 'The user has no second factor.',
  })
  const silent = await bob.authorize({ acr_values: MFA, prompt: 'none' })
  t.match(silent.answer, { error: UNMET }, 'a popup would not help')
  t.hasProps((await bob.authorize()).answer, ['code'], 'without acr_values')
  const ann = visitor(issuer)
  t.match((await ann.logIn('ann', { acr_values: 'urn:a urn:b' })).answer, {
    error: UNMET,
    error_description: `The second factor gives none of these acr_values, but ${MFA}.`,
  })
  const dan = visitor(issuer)
  t.match((await dan.logIn('dan', { acr_values: MFA })).answer, { error: 'access_denied' })
})

test('the page of the factor: refused, used twice, in another browser, expired', async (t) => {
  const { issuer, sessions } = await startWith(t)
  const ann = visitor(issuer)
  const refused = await useFactor(ann, await ann.logIn('ann', { acr_values: MFA }), 'refuse')
  t.match(refused.answer, {
    error: 'access_denied',
    error_description: 'The user refused the second factor.',
  })
  const page = await ann.authorize({ acr_values: MFA })
  const elsewhere = await useFactor(visitor(issuer), page)
  t.match(elsewhere, { status: 400, html: /This login has expired or is already complete/ })
  t.match(sessions.list(), [{ acr: undefined }])
  t.equal((await useFactor(ann, page)).status, 303)
  t.equal((await useFactor(ann, page)).status, 400)
  t.equal((await ann.post('/second-factor', {})).status, 400)
  const late = await ann.authorize({ prompt: 'login', acr_values: MFA })
  const waiting = await ann.post('/login', { transaction: transactionOf(late), persona: 'ann' })
  sessions.endWhere(() => true)
  t.equal((await useFactor(ann, waiting)).status, 400, 'the session has ended')
})

test('the values of acr are those of the data: the first one that is wanted', async (t) => {
  const { issuer } = await startWith(t, {
    acrValues: ['gold', 'silver'],
    authenticationClaims: 'standard',
  })
  const metadata = await (await fetch(`${issuer}.well-known/openid-configuration`)).json()
  t.match(metadata, { acr_values_supported: ['gold', 'silver'] })
  const ann = visitor(issuer)
  const page = await ann.logIn('ann', { acr_values: 'tin silver gold' })
  const { access, id } = await tokensFor(issuer, (await useFactor(ann, page)).answer['code'])
  t.match(access, { acr: 'silver', auth_time: id['auth_time'] })
  t.match((await ann.authorize({ acr_values: 'gold' })).html, /Second factor/)
})

test('by default, access tokens say nothing about the login, as at a new tenant of Auth0', async (t) => {
  for (const authenticationClaims of [undefined, 'none']) {
    const { issuer } = await startWith(t, { authenticationClaims })
    const metadata = await (await fetch(`${issuer}.well-known/openid-configuration`)).json()
    t.match(metadata, { acr_values_supported: [MFA] })
    const ann = visitor(issuer)
    const page = await ann.logIn('ann', { acr_values: MFA })
    const { access, id } = await tokensFor(issuer, (await useFactor(ann, page)).answer['code'])
    t.strictSame(
      Object.keys(access).filter((name) => /acr|auth_time/.test(name)),
      [],
    )
    t.equal(id['acr'], MFA)
  }
})
