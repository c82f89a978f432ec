import { type Test, test } from 'tap'
import { must } from '../../src/must.ts'
import { askToken, redemption, startTenant, type Values, visitor, WEB } from './visitor.ts'

const SECRET = { client_secret: 'messages-web-secret' }
const FEDERATED_TOKEN = 'http://auth0.com/oauth/token-type/federated-connection-access-token'

/** A tenant, and what exchanges the refresh token of a login there. */
async function startExchange(t: Test) {
  const tenant = await startTenant(t)
  const { answer } = await visitor(tenant.issuer).logIn('user', WEB)
  const code = redemption(answer['code'])
  const { body } = await askToken(tenant.issuer, { ...code, ...WEB, ...SECRET })
  const request: Values = {
    grant_type:
      'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token',
    client_id: WEB.client_id,
    ...SECRET,
    subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
    subject_token: body['refresh_token'],
    requested_token_type: FEDERATED_TOKEN,
    connection: 'calendar',
  }
  return {
    ...tenant,
    body,
    replay: () => askToken(tenant.issuer, { ...code, ...WEB, ...SECRET }),
    exchange: (changes: Values = {}) => askToken(tenant.issuer, { ...request, ...changes }),
    calendar: async (token: string | undefined) => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${tenant.issuer}third-party/calendar`, { headers })
      return { status: response.status, body: await response.json() }
    },
  }
}

test('a refresh token buys the access token of a third party', async (t) => {
  const { exchange, calendar } = await startExchange(t)
  const { status, body } = await exchange()
  t.equal(status, 200)
  const { access_token: token, ...rest } = body
  t.strictSame(rest, {
    issued_token_type: FEDERATED_TOKEN,
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'read:calendar',
  })
  t.match(await calendar(token), {
    status: 200,
    body: { owner: 'user@example.com', events: [{ title: 'Lunch with Uma User' }] },
  })
  t.equal((await exchange()).status, 200, 'the refresh token goes on being good')
})

test('exchanges that are refused', async (t) => {
  const { exchange, directory } = await startExchange(t)
  const cases: [error: string, status: number, changes: Values][] = [
    ['invalid_request', 400, { connection: undefined }],
    ['invalid_request', 400, { connection: 'nowhere' }],
    ['invalid_request', 400, { subject_token: undefined }],
    [
      'invalid_request',
      400,
      { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    ],
    ['invalid_request', 400, { requested_token_type: undefined }],
    ['invalid_grant', 400, { subject_token: 'made-up' }],
    ['invalid_client', 401, { client_secret: 'wrong' }],
    ['unauthorized_client', 400, { client_id: 'messages-spa', client_secret: undefined }],
    [
      'unauthorized_client',
      400,
      {
        client_id: 'messages-web-hs256',
        client_secret: 'messages-web-hs256-secret-of-32-bytes-or-more',
      },
    ],
    [
      'federated_connection_refresh_token_not_found',
      401,
      { connection: 'Username-Password-Authentication' },
    ],
  ]
  for (const [error, status, changes] of cases) {
    t.match(await exchange(changes), { status, body: { error } }, JSON.stringify(changes))
  }
  const web = must(directory.clients.get('messages-web'))
  web.grantTypes = ['authorization_code', 'refresh_token']
  t.match(await exchange(), { body: { error: 'unauthorized_client' } })
})

test('the third party takes exchanged tokens alone, while they last', async (t) => {
  const { exchange, calendar, body, replay, directory } = await startExchange(t)
  for (const bad of [body['access_token'], body['refresh_token'], 'made-up', '']) {
    t.match(await calendar(bad), { status: 401, body: { error: 'invalid_token' } })
  }
  const { name, ...calendarConnection } = must(directory.connections.get('con_calendar'))
  directory.connections.add({ ...calendarConnection, id: 'con_other', name: `other-${name}` })
  const { body: other } = await exchange({ connection: 'other-calendar' })
  t.equal((await calendar(other['access_token'])).status, 401, 'of another connection')

  const { body: first } = await exchange()
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Date.now = () => now() + 3_600_000
  t.equal((await calendar(first['access_token'])).status, 401, 'an hour later')
  Date.now = now
  t.equal((await calendar(first['access_token'])).status, 200)
  await replay()
  t.equal((await calendar(first['access_token'])).status, 401, 'revoked')
})
