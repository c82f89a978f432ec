import { test } from 'tap'
import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { startTenant } from '../../support/visitor.ts'
import { consoleForms, statusOf, textOf } from './forms.ts'

const PATH = '/console/clients'
const SECRET = 'messages-web-secret'

test('clients with their ids, rules and grants, but not their secrets', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const { get } = consoleForms(issuer)
  assertDefined(directory.clients.get('messages-spa')).requireProofOfPossession = true
  assertDefined(directory.clients.get('messages-web-hs256')).initiateLoginUri =
    'javascript:alert(1)'
  const { html } = await get(PATH)
  const cards = html.split('<section').map(textOf)
  t.match(cards[1], /Administration .* Granted the Management API, with \d+ permissions/)
  t.match(
    cards[2],
    /Messages in the browser public, with PKCE bound tokens required .* any URL on this machine .* npm run example/,
  )
  t.match(
    cards[3],
    /confidential Client id messages-web Secret Show the secret .* \/callback on this machine, at any port .* Login starts at http:\/\/localhost:6060\/login .* Open the example/,
  )
  t.notMatch(cards[4], 'Open the example', 'no link to a URL that runs code')
  t.match(cards[5], /Granted https:\/\/hello-world.example.com: read:admin-messages/)
  t.notMatch(html, SECRET)
  for (const { secret } of directory.clients) if (secret !== undefined) t.notMatch(html, secret)
})

test('a secret is shown on request only, and in no URL', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const { post } = consoleForms(issuer)
  const { status, html, headers } = await post(PATH, { client: 'messages-web' })
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(statusOf(html), /The secret of Messages on the server is shown below/)
  t.match(html, `<dd><code>${SECRET}</code></dd>`)
  t.notMatch(html, 'messages-machine-secret')
  for (const client of ['messages-spa', 'nothing', '']) {
    t.equal((await post(PATH, { client })).status, 400, client)
  }
  t.equal((await post(PATH, { client: 'messages-web' }, {})).status, 403, 'from another site')
  assertDefined(directory.clients.get('messages-web')).redirectUris = ['https://example.com/back']
  t.match((await post(PATH, { client: 'messages-web' })).html, /https:\/\/example\.com\/back/)
})
