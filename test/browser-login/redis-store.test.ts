import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { fakeRedis } from '../support/fake-redis.ts'
import { fakeTenant } from '../support/fake-tenant.ts'
import { type Site, site } from '../support/site.ts'

/** Two servers of one tenant, behind one Redis. */
async function twoSites(t: Test) {
  const [tenant, redis] = [await fakeTenant(t), await fakeRedis(t)]
  const options = { tenant, environment: { REDIS_URL: redis.url } }
  const [one, other] = [await site(t, options), await site(t, options)]
  for (const each of [one, other]) await serves(each)
  return { tenant, redis, one, other }
}

/** Waits until the pages of a site answer. */
async function serves({ visitor }: Site): Promise<void> {
  for (let times = 0; times < 100; times += 1) {
    if ((await visitor().visit('/')).status === 200) return
    await sleep(50)
  }
  throw new Error('The pages do not come.')
}

test('a login at one server is one at the other', async (t) => {
  const { redis, tenant, one, other } = await twoSites(t)
  const [here, there] = [one.visitor(), other.visitor()]
  const follow = () => {
    there.jar.clear()
    for (const [name, value] of here.jar) there.jar.set(name, value)
  }
  const address = await here.answer()
  follow()
  t.equal((await there.visit(address)).status, 303, 'begun at one, ended at the other')
  t.equal((await there.visit(address)).status, 400, 'once')
  for (const [name, value] of there.jar) here.jar.set(name, value)
  t.equal((await here.visit('/profile')).status, 200)
  const stored = JSON.stringify([...redis.values].map(([key, value]) => [key, String(value)]))
  // A token up to its first dot, since three letters alone can be in what is sealed by chance.
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
  const tell = (at: Site) => at.visitor().post('/backchannel-logout', { logout_token: logoutToken })
  t.equal((await tell(other)).status, 200)
  t.equal((await tell(one)).status, 400, 'once, wherever')
  t.equal((await here.visit('/profile')).status, 401)
})

test('a logout at a server that never knew the tenant up', async (t) => {
  const { tenant, one, other } = await twoSites(t)
  const [here, there] = [one.visitor(), other.visitor()]
  await here.logIn()
  for (const [name, value] of here.jar) there.jar.set(name, value)
  const token = await there.csrf()
  tenant.down = true
  const { status, html } = await there.post('/logout', { _csrf: token })
  t.match({ status, html }, { status: 503, html: /You are logged out here/ })
  t.match((await here.visit('/')).html, /not logged in/)
})

test('Redis goes away: the API stays, the pages say so and come back', async (t) => {
  const { redis, tenant, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  const api = async () => {
    const headers = { authorization: `Bearer ${tenant.accessToken()}` }
    return (await one.app.inject({ url: '/api/messages/admin', headers })).statusCode
  }
  await redis.goAway()
  await sleep(50)
  for (const path of ['/', '/login', '/callback', '/profile', '/federated/x']) {
    const { status, html, headers } = await uma.visit(path)
    t.match({ status, html }, { status: 503, html: /Logins cannot be looked up/ }, path)
    t.match(headers, { 'retry-after': '2', 'content-type': /html/ })
  }
  const told = await uma.post('/backchannel-logout', { logout_token: tenant.logoutToken() })
  t.match(told, { status: 503, html: '{"message":"Service Unavailable"}' })
  t.equal(await api(), 200)
  await redis.comeBack()
  await serves(one)
  t.equal((await uma.visit('/profile')).status, 200)
  const events = one.log.map(({ event }) => event).filter((event) => /^session/.test(String(event)))
  t.strictSame(events, [
    'session_store',
    'session_store_connected',
    'session_store_lost',
    'session_store_connected',
  ])
})

test('Redis hangs: the pages say so after a while', async (t) => {
  const { redis, tenant, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  const token = tenant.logoutToken()
  redis.hang(true)
  const [page, told] = await Promise.all([
    uma.visit('/profile'),
    uma.post('/backchannel-logout', { logout_token: token }),
  ])
  t.match(page, { status: 503, html: /Logins cannot be looked up/ })
  t.equal(told.status, 503)
  t.match(
    one.log.find(({ event }) => event === 'page_failed'),
    { causes: ['Error'] },
  )
})

test('the server starts while Redis is down, and stops as well', async (t) => {
  const redis = await fakeRedis(t)
  await redis.goAway()
  const environment = { REDIS_URL: redis.url }
  const { app, visitor, log } = await site(t, { environment })
  t.equal((await visitor().visit('/')).status, 503)
  t.equal((await app.inject('/api/messages/public')).statusCode, 200)
  await sleep(300)
  const lost = log.filter(({ event }) => event === 'session_store_lost')
  t.equal(lost.length, 1, 'once, however often it is tried')
  await app.close()
})

test('what was not carried out may come again', async (t) => {
  const { redis, tenant, one } = await twoSites(t)
  const uma = one.visitor()
  await uma.logIn()
  const key = [...redis.values.keys()].find((name) => name.startsWith('messages-api:sid:'))
  const members = redis.values.get(String(key))
  redis.values.set(String(key), 'no set')
  const logoutToken = tenant.logoutToken()
  const tell = () => uma.post('/backchannel-logout', { logout_token: logoutToken })
  t.equal((await tell()).status, 503)
  redis.values.set(String(key), members ?? '')
  t.equal((await tell()).status, 200)
})
