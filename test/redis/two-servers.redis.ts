import { test } from 'tap'
import { ENVIRONMENT } from '../support/app.ts'
import { fakeTenant } from '../support/fakes/tenant.ts'
import { ADMIN } from '../support/probe-routes.ts'
import { start } from '../support/process.ts'
import { BASE, SESSION_SECRET } from '../support/site.ts'
import { until } from '../support/until.ts'
import { browser, PROBE_PROGRAM } from './browser.ts'
import { redis } from './redis-server.ts'

test('two processes share one Redis, which goes down and comes back', async (t) => {
  const tenant = await fakeTenant(t)
  const store = await redis(t)
  const environment = {
    ...ENVIRONMENT,
    AUTH0_DOMAIN: tenant.issuer,
    AUTH0_CLIENT_ID: 'the-client',
    AUTH0_CLIENT_SECRET: 'a client secret of at least 32 characters',
    SESSION_SECRET,
    APP_BASE_URL: BASE,
    REDIS_URL: store.url,
    PORT: '0',
    HOST: '127.0.0.1',
  }
  const servers = [start(t, PROBE_PROGRAM, environment), start(t, PROBE_PROGRAM, environment)]
  const urls: string[] = []
  for (const server of servers) {
    await server.says(/"store":"redis"/)
    urls.push(String((await server.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/))[1]))
  }
  const [one = '', other = ''] = urls
  const visit = browser()
  const status = async (url: string) => (await visit(url)).status
  await until(async () => (await status(`${one}/`)) === 200 && (await status(`${other}/`)) === 200)

  async function logIn(begin: string, end: string): Promise<void> {
    const { location } = await visit(`${begin}/login?at_base`)
    const answer = await fetch(location, { redirect: 'manual' })
    const { pathname, search } = new URL(String(answer.headers.get('location')))
    t.equal((await visit(end + pathname + search)).status, 303)
  }
  async function logOut(at: string): Promise<void> {
    const token = /name="_csrf" value="([^"]+)"/.exec((await visit(`${at}/`)).html)?.[1]
    const body = new URLSearchParams({ _csrf: String(token) })
    t.equal((await visit(`${at}/logout`, { method: 'POST', body })).status, 303)
  }

  for (const leave of [one, other]) {
    await logIn(one, other)
    for (const url of urls) t.match((await visit(`${url}/profile`)).html, '200</span> admin</dd>')
    await logOut(leave)
    for (const url of urls) t.equal(await status(`${url}/profile`), 401)
  }

  tenant.tokens = { expires_in: 5 }
  await logIn(other, one)
  tenant.tokens = {}
  const before = tenant.tokenRequests.length
  const pages = await Promise.all(
    Array.from({ length: 10 }, (_, index) => status(`${urls[index % 2]}/profile`)),
  )
  t.strictSame(new Set(pages), new Set([200]))
  t.equal(tenant.tokenRequests.length, before + 1, 'renewed once, by one of the two')

  const body = new URLSearchParams({ logout_token: tenant.logoutToken() })
  t.equal((await visit(`${other}/backchannel-logout`, { method: 'POST', body })).status, 200)
  for (const url of urls) t.equal(await status(`${url}/profile`), 401)

  await store.end()
  const headers = { authorization: `Bearer ${tenant.accessToken()}` }
  for (const url of urls) {
    await until(async () => (await status(`${url}/profile`)) === 503)
    t.equal((await fetch(`${url}${ADMIN}`, { headers })).status, 200)
  }
  const third = start(t, PROBE_PROGRAM, environment)
  const [, late] = await third.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  t.equal(await status(`${late}/`), 503, 'it starts without Redis')
  store.begin()
  for (const url of [...urls, late]) await until(async () => (await status(`${url}/`)) === 200)
  await logIn(one, String(late))
  t.equal(await status(`${other}/profile`), 200)

  for (const server of [...servers, third]) {
    server.kill('SIGTERM')
    t.strictSame(await server.exit, { code: 0, signal: null })
    t.notMatch(server.output.stdout, /refresh-\d|eyJ/)
  }
})
