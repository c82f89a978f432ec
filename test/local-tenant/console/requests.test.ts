import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import { requestRecorder } from '../../../src/dev/request-recorder.ts'
import { RecentRequests } from '../../../src/local-tenant/console/requests/recent-requests.ts'
import { api } from '../../../src/local-tenant/directory/data.ts'
import { PERSONA_GRANT } from '../../../src/local-tenant/protocol/grant-types.ts'
import { type RunningServer, startServer } from '../../../src/server.ts'
import type { Principal } from '../../../src/tokens/principal.ts'
import { ENVIRONMENT } from '../../support/app.ts'
import { development } from '../../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../../support/probe-routes.ts'
import { sendRaw } from '../../support/raw-http.ts'
import { token as fakeToken } from '../../support/tokens/tokens.ts'
import { requestToken, tenant as startIssuer } from '../../support/visitor.ts'
import { consoleForms, recorded, rowsOf, textOf } from './forms.ts'

const PATH = '/console/requests'

async function start(t: Test) {
  const { tenant, server, api: url } = await development(t)
  const { get } = consoleForms(tenant)
  return {
    get,
    server,
    port: server.port,
    call: (path: string, token?: string, init: RequestInit = {}) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      return fetch(`${url}${path}`, { headers, ...init })
    },
    /** Shows the front page, which makes dry runs. */
    front: () => fetch(tenant),
    async tokenOf(persona: string): Promise<string> {
      const { body } = await requestToken(tenant, { grant_type: PERSONA_GRANT, persona })
      return String(body['access_token'])
    },
    /** The page of the newest request. */
    async explained() {
      const [, id] = /<tr role="row" id="([^"]+)"/.exec((await get(PATH)).html) ?? []
      return get(`${PATH}/${id}`)
    },
  }
}

test('calls are listed with who made them, and each is explained', async (t) => {
  const { get, front, call, tokenOf, explained } = await start(t)
  t.match((await get(PATH)).html, /There were no calls yet.*<table[^>]* hidden>/s)
  await front()
  const token = await tokenOf('user')
  t.strictSame(rowsOf((await get(PATH)).html), [], 'dry runs are left out')

  await call(PUBLIC)
  t.match(textOf((await explained()).html), /200 OK.*anonymous.*no token is checked/)
  await call(ADMIN, token)
  const { html, headers } = await explained()
  t.match(textOf(html), /403 Forbidden Reason permission_missing .* Who Uma User Challenge Bearer/)
  t.match(textOf(html), /✗ permissions failed .*expected: read:admin-messages/)
  t.notMatch(html, token)
  t.notMatch(String(headers.get('content-security-policy')), 'connect-src')
  await call(PROTECTED, token)
  t.match(textOf((await explained()).html), /200 OK .* Uma User .*✓ signature/)
  await call(PROTECTED, fakeToken({ sub: '<b>"x"</b>' }))
  t.match(textOf((await explained()).html), /401 Unauthorized .* &#60;b&#62;.* not verified/)
  await call(PROTECTED, 'opaque')
  await call(PROTECTED)

  const page = await get(PATH)
  t.match(page.headers.get('content-security-policy'), /connect-src 'self'/)
  t.match(rowsOf(page.html), [
    /^GET \/probe\/protected \d\d:\d\d:\d\d [\d.]+ ms 401 anonymous credentials_missing$/,
    /401 anonymous token_malformed$/,
    /401 &#60;b&#62;.* not verified unknown_key|issuer_mismatch/,
    /200 Uma User$/,
    /^GET \/probe\/admin .* 403 Uma User permission_missing$/,
    /^GET \/probe\/public .* 200 anonymous$/,
  ])
  for (const part of token.split('.')) t.notMatch(page.html, part)
})

test('calls that match no route, and other requests', async (t) => {
  const { get, call, port, explained } = await start(t)
  await call('/nothing?secret=1')
  await call(PROTECTED, undefined, {
    method: 'OPTIONS',
    headers: { origin: 'http://localhost:1', 'access-control-request-method': 'GET' },
  })
  await call('/livez')
  await sendRaw(port, 'localhost', 'GET / HTTP/1.1\r\nBad\r\n\r\n')
  t.match(textOf((await explained()).html), /malformed request .*400 Bad Request/)
  const { html } = await get(PATH)
  t.match(rowsOf(html), [
    /^malformed request .* 400 /,
    /^OPTIONS \/probe\/protected .* 204 /,
    /^GET \(no such route\) .* 404 /,
  ])
  t.notMatch(html, 'secret')
  t.match(await get(`${PATH}/unknown`), { status: 404, html: /not among the last 100/ })
})

test('what a handler or a check answers is not a failure of the token', async (t) => {
  const issuer = await startIssuer(t)
  const requests = new RecentRequests()
  const access = { check: ({ subject }: Principal) => subject.endsWith('admin') }
  const routes = [
    async (app: FastifyInstance) => {
      app.post('/things', { config: { access } }, (_request, reply) => reply.code(201).send())
    },
  ]
  const tenant = { AUTH0_DOMAIN: issuer, AUTH0_AUDIENCE: api.identifier }
  const environment = { ...ENVIRONMENT, ...tenant, PORT: '0', LOG_LEVEL: 'silent' }
  const running: RunningServer[] = []
  const onRequestCompleted = requestRecorder(requests, () => running[0])
  const server = await startServer({ routes }, [environment], { onRequestCompleted })
  t.teardown(() => server.app.close())
  const call = async (persona: string) => {
    const { body } = await requestToken(issuer, { grant_type: PERSONA_GRANT, persona })
    const token = String(body['access_token'])
    const headers = { authorization: `Bearer ${token}` }
    await fetch(`http://localhost:${server.port}/things`, { method: 'POST', headers })
    return token
  }
  await call('admin')
  t.strictSame(requests.list(), [], 'nothing is recorded before the server is known')
  running.push(server)
  const tokens = [await call('admin'), await call('user')]
  t.match(requests.list(), [
    { status: 201, subject: 'local|admin', isVerified: true, explanation: { result: 'accepted' } },
    { status: 403, refusal: 'check_failed', explanation: { result: 'refused' } },
  ])
  t.notMatch(JSON.stringify(requests.list()), /pendingCheck/)
  for (const part of tokens.join('.').split('.')) t.notMatch(JSON.stringify(requests.list()), part)
})

test('the last hundred are kept', async (t) => {
  const requests = new RecentRequests()
  for (let id = 1; id <= 101; id++) requests.add(recorded(String(id)))
  t.equal(requests.list().length, 100)
  t.equal(requests.find('1'), undefined)
  t.match(requests.after('99'), [{ id: '100' }, { id: '101' }])
  t.equal(requests.after('unknown').length, 100)
})
