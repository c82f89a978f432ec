import { test } from 'tap'
import { Logins } from '../../src/browser-login/sessions/logins.ts'
import { MemoryStore } from '../../src/browser-login/sessions/memory-store.ts'
import { Renewal } from '../../src/browser-login/sessions/renewal.ts'
import { keyOf, SealedRecords } from '../../src/browser-login/sessions/sealed-records.ts'
import { StoreUnavailableError } from '../../src/browser-login/sessions/store.ts'
import { TenantRefusal, TenantUnavailableError } from '../../src/browser-login/tenant/errors.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { SESSION_SECRET, site } from '../support/site.ts'

const renewals = (requests: readonly URLSearchParams[]) =>
  requests.filter((request) => request.get('grant_type') === 'refresh_token')

test('an access token that ends is renewed once, whoever asks', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.tokens = { expires_in: 5 }
  const uma = visitor()
  await uma.logIn()
  tenant.tokens = {}
  const pages = await Promise.all(Array.from({ length: 8 }, () => uma.visit('/profile')))
  t.strictSame(new Set(pages.map(({ status }) => status)), new Set([200]))
  t.strictSame(
    renewals(tenant.tokenRequests).map((asked) => asked.get('refresh_token')),
    ['refresh-1'],
  )
  t.equal((await uma.visit('/profile')).status, 200)
  t.equal(renewals(tenant.tokenRequests).length, 1, 'the new one is used')
})

test('a refresh token that rotates is used once; one that does not is used again', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.tokens = { expires_in: 5 }
  const uma = visitor()
  await uma.logIn()
  await uma.visit('/profile')
  tenant.tokens = { expires_in: 5, refresh_token: undefined }
  await uma.visit('/profile')
  await uma.visit('/profile')
  t.strictSame(
    renewals(tenant.tokenRequests).map((asked) => asked.get('refresh_token')),
    ['refresh-1', 'refresh-2', 'refresh-2'],
  )
})

test('a renewal that is refused ends the session; a tenant that is down does not', async (t) => {
  const { tenant, visitor, log } = await site(t)
  tenant.tokens = { expires_in: 5 }
  const uma = visitor()
  await uma.logIn()
  const token = await uma.csrf()
  tenant.down = true
  const down = await uma.visit('/profile')
  t.match(down, { status: 503, html: /The login service cannot be reached/ })
  t.match((await uma.visit('/')).html, /You are Uma/)
  const asked = await uma.post('/session/token', {}, { 'csrf-token': token })
  t.match(asked, { status: 503, html: '{"message":"Service Unavailable"}' })
  t.equal(asked.headers['retry-after'], '2')
  t.match(log.at(-1), { refusal: 'tenant_unavailable', status: 503 })

  tenant.down = false
  for (const [status, body] of [
    [500, 'x'],
    [200, {}],
    [429, { error: 'too_many_requests' }],
    [401, { error: 'invalid_client' }],
  ] as const) {
    tenant.answer = () => ({ status, body })
    t.equal((await uma.visit('/profile')).status, 503, String(status))
  }
  tenant.answer = () => ({ status: 403, body: { error: 'invalid_grant' } })
  const ended = await uma.visit('/profile')
  t.match(ended, { status: 401, html: /Your login has ended/ })
  t.match(ended.html, 'href="/login?returnTo&#61;%2Fprofile"')
  t.equal((await uma.post('/session/token', {}, { 'csrf-token': token })).status, 401)
  tenant.answer = () => undefined
  t.equal((await uma.visit('/profile')).status, 401, 'it has ended for good')
})

test('without a refresh token there is nothing to renew with', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.tokens = { expires_in: 5, refresh_token: undefined }
  const uma = visitor()
  await uma.logIn()
  t.equal((await uma.visit('/profile')).status, 401)
  tenant.tokens = { expires_in: undefined }
  await uma.logIn()
  t.equal((await uma.visit('/profile')).status, 200, 'of unknown length: for a while')
})

test('several processes: one renews, the others take what it got', async (t) => {
  const store = new MemoryStore(Date.now)
  const records = new SealedRecords(store, [SESSION_SECRET])
  const options = { store, records, idleTimeout: 60_000, maxAge: 60_000, now: Date.now }
  const identity = { subject: 's', sessionId: undefined, claims: {} }
  const tokens = (refreshToken: string, lifetime: number) => {
    return { accessToken: 'a', refreshToken, expiresAt: Date.now() + lifetime }
  }
  const used: string[] = []
  let answer = async () => tokens('second', 60_000)
  const process = () => {
    const logins = new Logins(options)
    const tenant = {
      renew: (token: string) => {
        used.push(token)
        return answer()
      },
    }
    return { logins, renewal: new Renewal({ store, logins, tenant, now: Date.now }) }
  }
  const [one, other] = [process(), process()]
  const login = await one.logins.begin(identity, 'i', tokens('first', 0))
  const renewed = await Promise.all([one, other].map(({ renewal }) => renewal.freshen(login)))
  t.strictSame(used, ['first'])
  for (const fresh of renewed) t.equal(fresh?.tokens.refreshToken, 'second')
  t.equal((await one.renewal.freshen(login))?.tokens.refreshToken, 'second', 'seen too late')

  const stale = await one.logins.begin(identity, 'i', tokens('third', 0))
  answer = async () => {
    // Another process got ahead, although it should not have.
    await other.logins.update(stale, tokens('fourth', 60_000))
    throw new TenantRefusal('invalid_grant', undefined)
  }
  t.equal((await one.renewal.freshen(stale))?.tokens.refreshToken, 'fourth')

  const just = await one.logins.begin(identity, 'i', tokens('seen', 0))
  const { add } = store
  store.add = async (...args) => {
    await other.logins.update(just, tokens('just now', 60_000))
    return add.apply(store, args)
  }
  t.equal((await one.renewal.freshen(just))?.tokens.refreshToken, 'just now')
  store.add = add

  const late = await one.logins.begin(identity, 'i', tokens('fifth', 0))
  answer = async () => {
    await other.logins.end(late)
    return tokens('sixth', 60_000)
  }
  t.equal(await one.renewal.freshen(late), undefined, 'it ended meanwhile')
  t.equal(await one.renewal.freshen(late), undefined)

  const stuck = await one.logins.begin(identity, 'i', tokens('seventh', 0))
  answer = async () => {
    throw new TenantUnavailableError()
  }
  await t.rejects(one.renewal.freshen(stuck), TenantUnavailableError)
  t.ok(await other.logins.find(stuck.id), 'it goes on')
  answer = async () => {
    throw new TenantRefusal('unauthorized_client', undefined)
  }
  await t.rejects(one.renewal.freshen(stuck), TenantUnavailableError)
  t.ok(await other.logins.find(stuck.id), 'and so it does where all are refused alike')

  const unsaved = await one.logins.begin(identity, 'i', tokens('eighth', 0))
  const { replace } = store
  store.replace = async () => {
    throw new StoreUnavailableError()
  }
  answer = async () => tokens('ninth', 60_000)
  await t.rejects(one.renewal.freshen(unsaved), StoreUnavailableError)
  store.replace = replace
  answer = async () => {
    throw new TenantRefusal('invalid_grant', 'used already')
  }
  t.equal((await one.renewal.freshen(unsaved))?.tokens.refreshToken, 'ninth', 'kept until saved')
})

test('logins that begin together are all found by a logout, and later ones as well', async (t) => {
  const store = new MemoryStore(Date.now)
  const records = new SealedRecords(store, [SESSION_SECRET])
  const options = { store, records, idleTimeout: 60_000, maxAge: 60_000, now: Date.now }
  const logins = new Logins(options)
  const tokens = { accessToken: 'a', refreshToken: undefined, expiresAt: 0 }
  const identity = { subject: 's', sessionId: 'i', claims: {} }
  const isThere = async (id: string) => (await logins.find(id)) !== undefined
  for (let lag = 0; lag < 20; lag += 1) {
    const first = logins.begin(identity, 'i', tokens)
    for (let tick = 0; tick < lag; tick += 1) await Promise.resolve()
    const both = await Promise.all([first, logins.begin(identity, 'i', tokens)])
    await logins.endAll({ sessionId: 'i' })
    t.strictSame(await Promise.all(both.map(({ id }) => isThere(id))), [false, false], `${lag}`)

    const logout = logins.endAll({ subject: 's' })
    for (let tick = 0; tick < lag; tick += 1) await Promise.resolve()
    const { id } = await logins.begin(identity, 'i', tokens)
    await logout
    await logins.endAll({ subject: 's' })
    t.equal(await isThere(id), false, `the next logout ends it, ${lag}`)
  }
})

test('a login ends in time, whatever the clock of the store says', async (t) => {
  const store = new MemoryStore(() => 0)
  const records = new SealedRecords(store, [SESSION_SECRET])
  let now = 0
  const logins = new Logins({ store, records, idleTimeout: 100, maxAge: 100, now: () => now })
  const tokens = { accessToken: 'a', refreshToken: undefined, expiresAt: 0 }
  const { id } = await logins.begin({ subject: 's', sessionId: 'i', claims: {} }, 'i', tokens)
  now = 99
  t.ok(await logins.find(id))
  now = 100
  t.equal(await logins.find(id), undefined)
  now = 0
  t.equal(await logins.find(id), undefined, 'for good')
})

test('logins that ended by themselves are not kept count of', async (t) => {
  let now = 0
  const store = new MemoryStore(() => now)
  const records = new SealedRecords(store, [SESSION_SECRET])
  const logins = new Logins({ store, records, idleTimeout: 100, maxAge: 1000, now: () => now })
  const tokens = { accessToken: 'a', refreshToken: undefined, expiresAt: 0 }
  const identity = { subject: 's', sessionId: undefined, claims: {} }
  for (let times = 0; times < 5; times += 1) {
    now += 60
    await logins.begin(identity, 'i', tokens)
  }
  t.equal((await store.members(keyOf('sub', 's'))).length, 2, 'the last two go on')
})

test('what a store tells to whoever reads it', async (t) => {
  const store = new MemoryStore(Date.now, 2)
  const written: string[] = []
  const set = store.set.bind(store)
  store.set = async (key, value, ttl) => {
    written.push(key, value)
    await set(key, value, ttl)
  }
  const records = new SealedRecords(store, [SESSION_SECRET])
  await records.put('login', 'the-name', { token: 'the-token' }, 1000)
  for (const text of written) {
    t.notMatch(text, /the-name|the-token/)
    t.notMatch(Buffer.from(text, 'base64').toString('latin1'), /the-name|the-token/)
  }
  const [key, sealed] = [assertDefined(written[0]), assertDefined(written[1])]
  t.strictSame(await records.find('login', 'the-name'), { token: 'the-token' })
  const others = new SealedRecords(store, ['another secret of 32 characters..'])
  t.equal(await others.find('login', 'the-name'), undefined, 'not without the secret')
  await records.put('login', 'another', {}, 1000)
  await store.set(assertDefined(written[2]), sealed, 1000)
  t.equal(await records.find('login', 'another'), undefined, 'not in the place of another')
  const bytes = Buffer.from(sealed, 'base64')
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)
  for (const changed of [bytes.toString('base64'), '', 'AAAA']) {
    await store.set(key, changed, 1000)
    t.equal(await records.find('login', 'the-name'), undefined, 'not changed')
  }
})
