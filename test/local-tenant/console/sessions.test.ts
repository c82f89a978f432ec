import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import { assertDefined } from '../../../src/utils/assert-defined.ts'
import { startTenant, visitor, WEB } from '../../support/visitor.ts'
import { consoleForms, rowsOf, statusOf } from './forms.ts'

const PATH = '/console/sessions'

/** A client that answers logout tokens with a status. */
async function client(t: Test, status: () => number) {
  const server = createServer((_request, response) => response.writeHead(status()).end())
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}/logout`
}

async function start(t: Test) {
  const { issuer, sessions, directory } = await startTenant(t)
  const sidOf = (name: string) =>
    String(sessions.list().find(({ persona }) => persona.name === name)?.sid)
  return { ...consoleForms(issuer), issuer, directory, sidOf }
}

test('who is logged in, and the end of a session', async (t) => {
  const { get, post, submit, issuer, sidOf, directory } = await start(t)
  t.match((await get(PATH)).html, /Nobody is logged in.*No notice was sent yet/s)
  let status = 204
  const web = assertDefined(directory.clients.get('messages-web'))
  web.backchannelLogoutUri = await client(t, () => status)
  await visitor(issuer).logIn('user', WEB)
  await visitor(issuer).logIn('acme-member', {}, { organization: 'org_acme' })
  await visitor(issuer).logIn('admin', WEB)
  t.match(rowsOf((await get(PATH)).html, /sessions/), [
    /^Uma User user none .* UTC Messages on the server End$/,
    /^Mia Member acme-member Acme .* UTC Messages in the browser End$/,
    /^Ada Admin/,
  ])

  const sid = sidOf('user')
  t.equal((await post(PATH, { sid }, {})).status, 403, 'from another site')
  const ended = await submit(PATH, { sid })
  t.match(statusOf(ended.html), /its clients were notified/)
  t.match(rowsOf(ended.html, /deliveries/), [/^Messages on the server http.*\/logout .* 204$/])
  const twice = await submit(PATH, { sid })
  t.match(twice.html, /alert bad">This session had ended before/)
  t.match(statusOf((await submit(PATH, { sid: sidOf('acme-member') })).html), /None of its clients/)
  status = 500
  const { html } = await submit(PATH, { sid: sidOf('admin') })
  t.match(html, /alert bad">The session has ended, but a client did not take the notice/)
  t.match(rowsOf(html, /deliveries/), [/ 500$/, / 204$/])
  t.equal((await post(PATH, {})).status, 400)
})

test('sessions and notices of records that are gone have their ids', async (t) => {
  const { get, submit, issuer, sidOf, directory } = await start(t)
  const web = assertDefined(directory.clients.get('messages-web'))
  web.backchannelLogoutUri = await client(t, () => 200)
  await visitor(issuer).logIn('user', WEB)
  await visitor(issuer).logIn('acme-member', WEB, { organization: 'org_acme' })
  await submit(PATH, { sid: sidOf('user') })
  directory.clients.remove(web)
  directory.organizations.remove(assertDefined(directory.organizations.get('org_acme')))
  const { html } = await get(PATH)
  t.match(rowsOf(html, /sessions/), [/org_acme .* messages-web End$/])
  t.match(rowsOf(html, /deliveries/), [/^messages-web /])
})
