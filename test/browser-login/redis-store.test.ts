import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { fakeRedis } from '../support/fakes/redis.ts'
import { fakeTenant } from '../support/fakes/tenant.ts'
import { SESSION_SECRET, type Site, site, type Visitor } from '../support/site.ts'

/** Two servers of one tenant, behind one Redis. */
async function twoSites(t: Test) {
  const [tenant, redis] = [await fakeTenant(t), await fakeRedis(t)]
  const options = { tenant, environment: { REDIS_URL: redis.url } }
  const [one, other] = [await site(t, options), await site(t, options)]
  for (const each of [one, other]) await waitForPages(each)
  return { tenant, redis, one, other }
}

/** Waits until the pages of a site are available. */
async function waitForPages({ visitor }: Site): Promise<void> {
  for (let times = 0; times < 100; times += 1) {
    if ((await visitor().visit('/')).status === 200) return
    await sleep(50)
  }
  throw new Error('The pages are still unavailable')
}

/** Servers with one tenant and one Redis, each with a session secret. */
async function serversWith(t: Test, environment = {}) {
  const [tenant, redis] = [await fakeTenant(t), await fakeRedis(t)]
  const start = async (SESSION_SECRET: string) => {
    const variables = { ...environment, REDIS_URL: redis.url, SESSION_SECRET }
    const server = await site(t, { tenant, environment: variables })
    await waitForPages(server)
    return server
  }
  return { tenant, redis, start }
}

/** The same browser, at another server. */
function moveTo({ visitor }: Site, { jar }: Visitor): Visitor {
  const moved = visitor()
  for (const [name, value] of jar) moved.jar.set(name, value)
  return moved
}

const [OLD, NEW] = [SESSION_SECRET, 'a newer session secret of 32 or more']

test('a new secret for one server: sessions move to it at their next request', async (t) => {
  const { redis, start } = await serversWith(t)
  const before = await start(OLD)
  const [uma, ida] = [before.visitor(), before.visitor()]
  await uma.logIn()
  await ida.logIn()

  const both = await start(`${NEW},${OLD}`)
  const moved = moveTo(both, uma)
  const { html, headers } = await moved.visit('/profile')
  t.match(html, /Uma/)
  t.match(headers['set-cookie'], /^messages-session-6060=[^;]+; Path=\/; Expires=/, 'extended')
  const records = JSON.stringify([...redis.values].map(String))
  await moved.visit('/profile')
  t.notSame(JSON.stringify([...redis.values].map(String)), records, 'the session is saved')

  const after = await start(NEW)
  t.match((await moveTo(after, moved).visit('/profile')).html, /Uma/)
  t.equal((await moveTo(after, ida).visit('/profile')).status, 401, 'not used in the meantime')
})

test('a new secret for many servers, in two phases', async (t) => {
  const { start } = await serversWith(t)
  const phases = [OLD, `${OLD},${NEW}`, `${NEW},${OLD}`, NEW]
  let [one, other] = [await start(OLD), await start(OLD)]
  let uma = one.visitor()
  await uma.logIn()
  for (const secrets of phases.slice(1)) {
    for (const which of [0, 1]) {
      if (which === 0) one = await start(secrets)
      else other = await start(secrets)
      for (const [begin, end] of [
        [one, other],
        [other, one],
      ] as const) {
        uma = moveTo(begin, uma)
        t.equal((await uma.visit('/profile')).status, 200)
        uma = moveTo(end, uma)
        t.equal((await uma.visit('/profile')).status, 200)
        const ida = begin.visitor()
        const address = await ida.answer()
        t.equal((await moveTo(end, ida).visit(address)).location, '/profile')
      }
    }
  }
})

test('a login that is renewed while it moves to a new secret keeps its new tokens', async (t) => {
  const { tenant, start } = await serversWith(t)
  tenant.tokens = { expires_in: 5 }
  const before = await start(`${OLD},${NEW}`)
  const uma = before.visitor()
  await uma.logIn()
  tenant.tokens = {}
  const both = await start(`${NEW},${OLD}`)
  const pages = Array.from({ length: 6 }, (_, index) =>
    moveTo(index % 2 === 0 ? both : before, uma).visit(index < 3 ? '/' : '/profile'),
  )
  for (const { status } of await Promise.all(pages)) t.equal(status, 200)
  for (const server of [before, both]) {
    t.equal((await moveTo(server, uma).visit('/profile')).status, 200)
  }
  const renewals = tenant.tokenRequests.filter((asked) => asked.get('refresh_token'))
  t.equal(renewals.length, 1)
})

test('two deployments with one Redis and one secret have nothing in common', async (t) => {
  const [redis, tenant, another] = [await fakeRedis(t), await fakeTenant(t), await fakeTenant(t)]
  const start = async (of: typeof tenant, environment = {}) => {
    const here = await site(t, {
      tenant: of,
      environment: { REDIS_URL: redis.url, ...environment },
    })
    await waitForPages(here)
    return here
  }
  const one = await start(tenant)
  const uma = one.visitor()
  await uma.logIn()
  const others = [
    await start(another),
    await start(tenant, { AUTH0_CLIENT_ID: 'another-client' }),
    await start(tenant, { APP_BASE_URL: 'http://127.0.0.1:6060', PORT: '6060' }),
  ]
  for (const server of others) t.equal((await moveTo(server, uma).visit('/profile')).status, 401)
  await others[0]?.visitor().post('/backchannel-logout', { logout_token: another.logoutToken() })
  t.equal((await uma.visit('/profile')).status, 200, 'a logout at another tenant')
})

test('a login at one server is valid at the other', async (t) => {
  const { redis, tenant, one, other } = await twoSites(t)
  const [here, there] = [one.visitor(), other.visitor()]
  const follow = () => {
    there.jar.clear()
    for (const [name, value] of here.jar) there.jar.set(name, value)
  }
  const address = await here.answer()
  follow()
  t.equal((await there.visit(address)).status, 303, 'started at one, completed at the other')
  t.equal((await there.visit(address)).location, '/profile')
  t.equal(tenant.tokenRequests.length, 1, 'once')
  for (const [name, value] of there.jar) here.jar.set(name, value)
  t.equal((await here.visit('/profile')).status, 200)
  const stored = JSON.stringify([...redis.values].map(([key, value]) => [key, String(value)]))
  // A token up to its first dot: encrypted text can contain three letters by chance.
  for (const secret of ['refresh-', /eyJ[\w-]+\./, 'auth0', 'the-sid']) t.notMatch(stored, secret)

  const token = await here.csrf()
  await here.post('/logout', { _csrf: token })
  t.equal((await there.visit('/profile')).status, 401)

  await here.logIn()
  tenant.tokens = { expires_in: 5 }
  await here.logIn('?prompt=login')
  tenant.tokens = {}
  follow()
  const renewals = () => tenant.tokenRequests.filter((asked) => asked.get('refresh_token')).length
  const pages = await Promise.all([here.visit('/profile'), there.visit('/profile')])
  t.strictSame([...pages.map(({ status }) => status), renewals()], [200, 200, 1])
  t.equal((await there.visit('/profile')).status, 200)
  const logoutToken = tenant.logoutToken()
  const sendLogout = (at: Site) =>
    at.visitor().post('/backchannel-logout', { logout_token: logoutToken })
  t.equal((await sendLogout(other)).status, 200)
  t.equal((await sendLogout(one)).status, 400, 'once, at any server')
  t.equal((await here.visit('/profile')).status, 401)
})

test('a person has at most 100 logins, of all servers', async (t) => {
  const { redis, one, other } = await twoSites(t)
  const first = one.visitor()
  await first.logIn()
  const second = other.visitor()
  await second.logIn()
  for (let times = 0; times < 99; times += 1) {
    // The limit of logins a minute, which all servers count too, begins again.
    for (const key of redis.values.keys()) if (key.includes(':limit:')) redis.values.delete(key)
    await one.visitor().logIn()
  }
  t.equal((await first.visit('/profile')).status, 401)
  t.equal((await second.visit('/profile')).status, 200)
})

test('a logout at a server that has never reached the tenant', async (t) => {
  const { tenant, one, other } = await twoSites(t)
  const [here, there] = [one.visitor(), other.visitor()]
  await here.logIn()
  for (const [name, value] of here.jar) there.jar.set(name, value)
  const token = await there.csrf()
  tenant.down = true
  const { status, html } = await there.post('/logout', { _csrf: token })
  t.match({ status, html }, { status: 503, html: /You are logged out of this site/ })
  t.match((await here.visit('/')).html, /not logged in/)
})

test('Redis goes down: the API works, the pages return 503 and recover', async (t) => {
  const { redis, tenant, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  const api = async () => {
    const headers = { authorization: `Bearer ${tenant.accessToken()}` }
    return (await one.app.inject({ url: '/probe/admin', headers })).statusCode
  }
  await redis.goDown()
  await sleep(50)
  for (const path of ['/', '/login', '/callback', '/profile', '/federated/x']) {
    const { status, html, headers } = await uma.visit(path)
    t.match(
      { status, html },
      { status: 503, html: /Your session cannot be loaded right now/ },
      path,
    )
    t.match(headers, { 'retry-after': '2', 'content-type': /html/ })
  }
  const response = await uma.post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  t.match(response, { status: 503, html: '{"message":"Service Unavailable"}' })
  t.equal(await api(), 200)
  await redis.comeUp()
  await waitForPages(one)
  t.equal((await uma.visit('/profile')).status, 200)
  const events = one.log.map(({ event }) => event).filter((event) => /^session/.test(String(event)))
  t.strictSame(events, [
    'session_store',
    'session_store_connected',
    'session_store_lost',
    'session_store_connected',
  ])
})

test('Redis hangs: 503 at once after the first time-out, and it recovers', async (t) => {
  const { redis, tenant, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  const readiness = async () => (await one.app.inject('/readyz')).json().message
  t.equal(await readiness(), 'Ready')
  redis.hang(true)
  const logout_token = tenant.logoutToken()
  const [page, response] = await Promise.all([
    uma.visit('/profile'),
    uma.post('/backchannel-logout', { logout_token }),
  ])
  t.match(page, { status: 503, html: /Your session cannot be loaded right now/ })
  t.equal(response.status, 503)
  t.match(
    one.log.find(({ event }) => event === 'page_failed'),
    { causes: ['Error'] },
  )
  t.equal(await readiness(), 'Ready, without Redis for sessions')
  const commands = redis.commands()
  const started = performance.now()
  for (let times = 0; times < 100; times += 1) {
    t.equal((await one.visitor().visit('/login')).status, 503)
  }
  t.ok(performance.now() - started < 2_000, 'at once')
  t.ok(redis.commands() - commands < 10, 'nothing is sent, to be executed later')
  t.match(one.app.redisConnections.get('sessions')?.(), { ready: false, pending: 0 })
  redis.hang(false)
  await waitForPages(one)
  t.equal((await uma.visit('/profile')).status, 200)
  t.equal(await readiness(), 'Ready')
})

test('after a failover, the store connects to the new primary', async (t) => {
  const { redis, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  redis.failOver()
  const page = await uma.visit('/login')
  t.match(page, { status: 503, html: /Your session cannot be loaded right now/ })
  await waitForPages(one)
  t.equal((await uma.visit('/login')).status, 303)
  t.equal((await uma.visit('/profile')).status, 200)
  const lines = one.log.filter(({ event }) => /^session_store_/.test(String(event)))
  t.match(lines, [
    { event: 'session_store_connected' },
    { level: 50, event: 'session_store_error', code: 'READONLY' },
  ])
  t.equal(lines.length, 2)
})

test('errors of Redis are logged by name, once a minute', async (t) => {
  const { redis, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  const connections = redis.connections()
  for (const [reply, code] of [
    ['OOM command not allowed when used memory > maxmemory.', 'OOM'],
    ['LOADING Redis is loading the dataset in memory', 'LOADING'],
    ['MOVED 3999 127.0.0.1:6381', 'MOVED'],
    ['ERR Error running script: @user_script: 1: -NOSCRIPT It is gone', 'NOSCRIPT'],
    ['something else', 'ERR'],
  ] as const) {
    redis.replyWith(reply)
    for (let times = 0; times < 3; times += 1) t.equal((await uma.visit('/profile')).status, 503)
    const lines = one.log.filter((line) => line['event'] === 'session_store_error')
    t.match(lines.at(-1), { code })
  }
  t.equal(one.log.filter(({ event }) => event === 'session_store_error').length, 5)
  t.equal(redis.connections(), connections, 'a new connection would not help')

  redis.replyWith('NOAUTH Authentication required.')
  const statuses = await Promise.all([uma.visit('/profile'), uma.visit('/profile')])
  for (const { status } of statuses) t.equal(status, 503)
  redis.replyWith(undefined)
  await waitForPages(one)
  t.equal((await uma.visit('/profile')).status, 200)
})

test('the server starts and stops while Redis is down', async (t) => {
  const redis = await fakeRedis(t)
  await redis.goDown()
  const environment = { REDIS_URL: redis.url }
  const { app, visitor, log } = await site(t, { environment })
  t.equal((await visitor().visit('/')).status, 503)
  t.equal((await app.inject('/probe/public')).statusCode, 200)
  await sleep(300)
  const lost = log.filter(({ event }) => event === 'session_store_lost')
  t.equal(lost.length, 1, 'logged once, not for each retry')
  await app.close()
})

test('a logout that failed may be sent again', async (t) => {
  const { redis, tenant, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  const key = [...redis.values.keys()].find((name) => name.includes(':sid:'))
  const members = redis.values.get(String(key))
  redis.values.set(String(key), 'no set')
  const logoutToken = tenant.logoutToken()
  const sendLogout = () => uma.post('/backchannel-logout', { logout_token: logoutToken })
  t.equal((await sendLogout()).status, 503)
  redis.values.set(String(key), members ?? '')
  t.equal((await sendLogout()).status, 200)
})
