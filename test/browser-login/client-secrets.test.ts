import { test } from 'tap'
import { hs256, SECRET } from '../support/fakes/tenant.ts'
import { site } from '../support/site.ts'

const NEW = 'a new client secret of 32 characters or more'

test('with two client secrets, the one that the tenant accepts is used', async (t) => {
  const environment = { AUTH0_CLIENT_SECRET: `${NEW},${SECRET}`, ID_TOKEN_ALG: 'HS256' }
  const { tenant, visitor } = await site(t, { environment })
  let accepted = SECRET
  tenant.sign = (claims, typ) => hs256(claims, typ, accepted)
  // As Auth0 does for a wrong secret.
  const body = { error: 'access_denied', error_description: 'Unauthorized' }
  tenant.answer = (parameters) =>
    parameters.get('client_secret') === accepted ? undefined : { status: 401, body }
  const secrets = () => tenant.tokenRequests.splice(0).map((sent) => sent.get('client_secret'))

  t.equal((await visitor().logIn()).status, 303)
  t.strictSame(secrets(), [NEW, SECRET])
  t.equal((await visitor().logIn()).status, 303)
  t.strictSame(secrets(), [SECRET], 'it is remembered')

  accepted = NEW
  const answers = await Promise.all([visitor().logIn(), visitor().logIn()])
  t.strictSame(
    answers.map(({ status }) => status),
    [303, 303],
    'after the rotation',
  )
  secrets()
  t.equal((await visitor().logIn()).status, 303)
  t.strictSame(secrets(), [NEW])

  accepted = 'another one'
  t.equal((await visitor().logIn()).status, 503)
  t.equal(secrets().length, 2, 'once each')
})
