import { test } from 'tap'
import { EncryptedRecords, storeKey } from '../../src/browser-login/sessions/encrypted-records.ts'
import { type Login, Logins } from '../../src/browser-login/sessions/logins.ts'
import { MemoryStore } from '../../src/browser-login/sessions/memory-store.ts'
import { StoreUnavailableError } from '../../src/browser-login/sessions/store.ts'
import { TokenRenewal } from '../../src/browser-login/sessions/token-renewal.ts'
import {
  ClientRejectedError,
  TenantOAuthError,
  TenantUnavailableError,
} from '../../src/browser-login/tenant/errors.ts'
import type { RenewedTokens, TokenSet } from '../../src/browser-login/tenant/tenant-client.ts'
import { KeysUnavailableError } from '../../src/tokens/errors.ts'
import type { Identity } from '../../src/tokens/id-token.ts'
import type { VerificationKeys } from '../../src/tokens/keys/remote-jwks.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { SESSION_SECRET, type Site, site } from '../support/site.ts'
import { KEY, keysOf, oddKeys } from '../support/tokens/keys.ts'

const renewals = (requests: readonly URLSearchParams[]) =>
  requests.filter((request) => request.get('grant_type') === 'refresh_token')

test('concurrent requests renew an access token once', async (t) => {
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

test('a rotating refresh token is used once, any other is reused', async (t) => {
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

test('a rejected renewal ends the session, an outage does not', async (t) => {
  const { tenant, visitor, log } = await site(t)
  tenant.tokens = { expires_in: 5 }
  const uma = visitor()
  await uma.logIn()
  const token = await uma.csrf()
  tenant.down = true
  const down = await uma.visit('/profile')
  t.match(down, { status: 503, html: /The login service is unavailable/ })
  t.match((await uma.visit('/')).html, /You are logged in as Uma/)
  const asked = await uma.post('/session/token', {}, { 'csrf-token': token })
  t.match(asked, { status: 503, html: '{"message":"Service Unavailable"}' })
  t.equal(asked.headers['retry-after'], '2')
  t.match(log.at(-1), { refusal: 'tenant_unavailable', status: 503 })

  tenant.down = false
  for (const [status, body] of [
    [500, 'x'],
    [200, {}],
    [429, { error: 'too_many_requests' }],
    [401, { error: 'access_denied' }],
  ] as const) {
    tenant.answer = () => ({ status, body })
    t.equal((await uma.visit('/profile')).status, 503, String(status))
  }
  tenant.answer = () => ({ status: 403, body: { error: 'invalid_grant' } })
  const ended = await uma.visit('/profile')
  t.match(ended, { status: 401, html: /Your session has ended/ })
  t.match(ended.html, 'href="/login?returnTo&#61;%2Fprofile"')
  t.equal((await uma.post('/session/token', {}, { 'csrf-token': token })).status, 401)
  tenant.answer = () => undefined
  t.equal((await uma.visit('/profile')).status, 401, 'it stays ended')
})

/** A person whose access token has expired, and whose renewal returns an ID token. */
async function expiring({ tenant, visitor }: Site, idToken: () => string) {
  const uma = visitor()
  tenant.tokens = { expires_in: 5 }
  await uma.logIn()
  tenant.tokens = { id_token: idToken() }
  return uma
}

test('a renewal updates the claims', async (t) => {
  const here = await site(t)
  const { tenant } = here
  const uma = await expiring(here, () => tenant.idToken({ name: 'Uma Renamed' }))
  t.match((await uma.visit('/profile')).html, '<h1>Uma Renamed</h1>')
  t.match((await uma.visit('/')).html, /You are logged in as Uma Renamed/)
  const { location } = await uma.post('/logout', { _csrf: await uma.csrf() })
  t.equal(new URL(location).searchParams.get('id_token_hint'), tenant.tokens['id_token'])
})

test('a renewal whose ID token is about another login ends the session', async (t) => {
  const here = await site(t)
  const { tenant, log } = here
  for (const [code, changes] of [
    ['subject_mismatch', { sub: 'auth0|2' }],
    ['subject_missing', { sub: '' }],
    ['organization_mismatch', { org_id: 'org_b' }],
    ['nonce_mismatch', { nonce: 'another' }],
  ] as const) {
    const uma = await expiring(here, () => tenant.idToken(changes))
    const page = await uma.visit('/profile')
    t.match(page, { status: 401, html: /Your session has ended/ }, code)
    const line = log.findLast(({ event }) => event === 'renewal_rejected')
    t.match(line, { level: 40, code })
  }
  const uma = await expiring(here, () => tenant.idToken().replace(/.{4}$/, 'AAAA'))
  t.equal((await uma.visit('/profile')).status, 401, 'another signature')
})

test('a renewal keeps the claims while the signing keys are unavailable', async (t) => {
  const keys = keysOf([KEY], ['RS256'])
  let keysFor: VerificationKeys['keysFor'] = keys.keysFor
  const here = await site(t, { keys: oddKeys((header) => keysFor(header)) })
  for (const [error, status] of [
    [new KeysUnavailableError(1), 200],
    [new Error('unforeseen'), 500],
  ] as const) {
    keysFor = keys.keysFor
    const uma = await expiring(here, () => here.tenant.idToken({ name: 'Uma Renamed' }))
    keysFor = () => {
      throw error
    }
    const page = await uma.visit('/profile')
    t.equal(page.status, status)
    t.notMatch(page.html, 'Renamed')
  }
})

test('without a refresh token the session ends with its access token', async (t) => {
  const { tenant, visitor } = await site(t)
  tenant.tokens = { expires_in: 5, refresh_token: undefined }
  const uma = visitor()
  await uma.logIn()
  t.equal((await uma.visit('/profile')).status, 401)
  tenant.tokens = { expires_in: undefined }
  await uma.logIn()
  t.equal((await uma.visit('/profile')).status, 200, 'without expires_in: valid for a while')
})

const tokens = (refreshToken: string, lifetimeMs: number): TokenSet => {
  return { accessToken: 'a', refreshToken, expiresAt: Date.now() + lifetimeMs }
}

/** A login with a code that was redeemed after all logouts so far. */
async function begin(logins: Logins, identity: Identity, tokens: TokenSet): Promise<Login> {
  return assertDefined(await logins.begin(identity, 'i', tokens, Number.POSITIVE_INFINITY))
}

/** What logins in an empty store need. */
function emptyStore() {
  const store = new MemoryStore(Date.now)
  const records = new EncryptedRecords(store, [SESSION_SECRET], '')
  return {
    store,
    records,
    idleTimeoutMs: 60_000,
    maxAgeMs: 60_000,
    onUnused: () => {},
    now: Date.now,
  }
}

/** Two processes with one store. Each renews with the function `renew`, which a test can replace. */
function twoProcesses() {
  const options = emptyStore()
  const { store } = options
  const identity = { subject: 's', sessionId: undefined, claims: {} }
  const process = () => {
    const logins = new Logins(options)
    const tenant = {
      async renew(token: string): Promise<RenewedTokens> {
        return { tokens: await processes.renew(token), idToken: undefined }
      },
    }
    const renewal = new TokenRenewal({
      store,
      logins,
      tenant,
      tokenExpectations: {
        issuer: 'https://tenant.test/',
        clientId: 'the-client',
        key: { algorithm: 'HS256', secrets: [SESSION_SECRET] },
        clockTolerance: 0,
        now: Date.now,
      },
      onRejected: () => {},
      now: Date.now,
    })
    return { logins, renewal }
  }
  const [one, other] = [process(), process()]
  const processes = {
    store,
    one,
    other,
    renew: async (_refreshToken: string) => tokens('renewed', 60_000),
    /** A login whose access token has expired. */
    expired: () => begin(one.logins, identity, tokens('first', 0)),
    /** Renews in the first process, and returns the refresh token afterwards. */
    renewed: async (login: Login) => (await one.renewal.ensureFresh(login))?.tokens.refreshToken,
  }
  return processes
}

test('several processes: one renews, the others use its result', async (t) => {
  const processes = twoProcesses()
  const { one, other } = processes
  const used: string[] = []
  processes.renew = async (refreshToken) => {
    used.push(refreshToken)
    return tokens('second', 60_000)
  }
  const login = await processes.expired()
  const renewed = await Promise.all([one, other].map(({ renewal }) => renewal.ensureFresh(login)))
  t.strictSame(used, ['first'])
  for (const fresh of renewed) t.equal(fresh?.tokens.refreshToken, 'second')
  t.equal(await processes.renewed(login), 'second', 'with an outdated login')
})

test('a login that another process renewed is used as it is', async (t) => {
  const processes = twoProcesses()
  const { store, other } = processes
  const stale = await processes.expired()
  processes.renew = async () => {
    // Another process was faster, although it did not hold the lock.
    await other.logins.update(stale, { ...stale, tokens: tokens('second', 60_000) })
    throw new TenantOAuthError('invalid_grant', undefined)
  }
  t.equal(await processes.renewed(stale), 'second')

  const just = await processes.expired()
  const { add } = store
  store.add = async (...args) => {
    await other.logins.update(just, { ...just, tokens: tokens('just now', 60_000) })
    return add.apply(store, args)
  }
  t.equal(await processes.renewed(just), 'just now')
})

test('a login that ends during its renewal stays ended', async (t) => {
  const processes = twoProcesses()
  const late = await processes.expired()
  processes.renew = async () => {
    await processes.other.logins.end(late)
    return tokens('second', 60_000)
  }
  t.equal(await processes.renewed(late), undefined, 'it ended in the meantime')
  t.equal(await processes.renewed(late), undefined)
})

test('a login continues if the tenant is down, or rejects the client', async (t) => {
  const processes = twoProcesses()
  const { one, other } = processes
  const stuck = await processes.expired()
  for (const error of [new TenantUnavailableError(), new ClientRejectedError()]) {
    processes.renew = async () => {
      throw error
    }
    await t.rejects(one.renewal.ensureFresh(stuck), error)
    t.ok(await other.logins.find(stuck.id), 'it continues')
  }
})

test('new tokens are kept if the store fails, until they are saved', async (t) => {
  const processes = twoProcesses()
  const { store, one } = processes
  const unsaved = await processes.expired()
  const { replace } = store
  store.replace = async () => {
    throw new StoreUnavailableError()
  }
  await t.rejects(one.renewal.ensureFresh(unsaved), StoreUnavailableError)
  store.replace = replace
  processes.renew = async () => {
    throw new TenantOAuthError('invalid_grant', 'used already')
  }
  t.equal(await processes.renewed(unsaved), 'renewed')
})

test('a logout ends all logins, also those that start at the same time', async (t) => {
  const options = emptyStore()
  const logins = new Logins(options)
  const tokens = { accessToken: 'a', refreshToken: undefined, expiresAt: 0 }
  const identity = { subject: 's', sessionId: 'i', claims: {} }
  const isThere = async (id: string) => (await logins.find(id)) !== undefined
  for (let lag = 0; lag < 20; lag += 1) {
    const first = begin(logins, identity, tokens)
    for (let tick = 0; tick < lag; tick += 1) await Promise.resolve()
    const both = await Promise.all([first, begin(logins, identity, tokens)])
    await logins.endAll({ sessionId: 'i' })
    t.strictSame(await Promise.all(both.map(({ id }) => isThere(id))), [false, false], `${lag}`)

    const logout = logins.endAll({ subject: 's' })
    for (let tick = 0; tick < lag; tick += 1) await Promise.resolve()
    const { id } = await begin(logins, identity, tokens)
    await logout
    await logins.endAll({ subject: 's' })
    t.equal(await isThere(id), false, `the next logout ends it, ${lag}`)
  }
})

test('a login ends at its maximum age, whatever the clock of the store', async (t) => {
  const store = new MemoryStore(() => 0)
  const records = new EncryptedRecords(store, [SESSION_SECRET], '')
  let now = 0
  const logins = new Logins({
    store,
    records,
    idleTimeoutMs: 100,
    maxAgeMs: 100,
    onUnused: () => {},
    now: () => now,
  })
  const tokens = { accessToken: 'a', refreshToken: undefined, expiresAt: 0 }
  const { id } = await begin(logins, { subject: 's', sessionId: 'i', claims: {} }, tokens)
  now = 99
  t.ok(await logins.find(id))
  now = 100
  t.equal(await logins.find(id), undefined)
  now = 0
  t.equal(await logins.find(id), undefined, 'it stays ended')
})

test('the logins of a person are bounded, and each costs as much as the first', async (t) => {
  let now = 0
  const store = new MemoryStore(() => now)
  const records = new EncryptedRecords(store, [SESSION_SECRET], '')
  const options = {
    store,
    records,
    idleTimeoutMs: 500,
    maxAgeMs: 1000,
    onUnused: () => {},
    now: () => now,
  }
  let calls = 0
  const counted = new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      calls += 1
      return value.bind(target)
    },
  })
  const logins = new Logins({ ...options, store: counted })
  const tokens = { accessToken: 'a', refreshToken: undefined, expiresAt: 0 }
  const identity = { subject: 's', sessionId: undefined, claims: {} }
  const ids: string[] = []
  const costs: number[] = []
  for (let times = 0; times < 300; times += 1) {
    now += 1
    calls = 0
    ids.push((await begin(logins, identity, tokens)).id)
    costs.push(calls)
  }
  const found = await Promise.all(ids.map((id) => logins.find(id)))
  t.strictSame(
    found.map((login) => login !== undefined),
    [...Array(200).fill(false), ...Array(100).fill(true)],
    'the newest',
  )
  t.ok(Math.max(...costs) <= Number(costs[0]) + 2)
  const index = storeKey('sub', 's')
  t.equal((await store.members(index)).length, 100)
  now += 1000
  await begin(logins, identity, tokens)
  t.equal((await store.members(index)).length, 1, 'expired logins are removed from the index')
  t.strictSame(await store.takeOldest('sub:none'), [])
})

test('the content of a store is unreadable', async (t) => {
  const store = new MemoryStore(Date.now, 2)
  const written: string[] = []
  const set = store.set.bind(store)
  store.set = async (key, value, ttl) => {
    written.push(key, value)
    await set(key, value, ttl)
  }
  const records = new EncryptedRecords(store, [SESSION_SECRET], '')
  await records.put('login', 'the-name', { token: 'the-token' }, 1000)
  for (const text of written) {
    t.notMatch(text, /the-name|the-token/)
    t.notMatch(Buffer.from(text, 'base64').toString('latin1'), /the-name|the-token/)
  }
  const [key, encrypted] = [assertDefined(written[0]), assertDefined(written[1])]
  t.strictSame(await records.find('login', 'the-name'), { token: 'the-token' })
  const others = new EncryptedRecords(store, ['another secret of 32 characters..'], '')
  t.equal(await others.find('login', 'the-name'), undefined, 'not without the secret')
  await records.put('login', 'another', {}, 1000)
  await store.set(assertDefined(written[2]), encrypted, 1000)
  t.equal(await records.find('login', 'another'), undefined, 'not under another name')
  const bytes = Buffer.from(encrypted, 'base64')
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)
  for (const changed of [bytes.toString('base64'), '', 'AAAA']) {
    await store.set(key, changed, 1000)
    t.equal(await records.find('login', 'the-name'), undefined, 'not if it was changed')
  }
})
