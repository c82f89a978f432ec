import { type Test, test } from 'tap'
import { remoteKeys } from '../../src/tokens/signing-keys.ts'
import { KEY, newKey } from '../helper.ts'
import { serve } from '../process.ts'

/** A key set on loopback, the source that fetches it, and a clock. */
async function remote(t: Test) {
  const tenant = { keys: [KEY.jwk] as unknown, status: 200, asked: 0 }
  const url = await serve(t, (_request, response) => {
    tenant.asked += 1
    response.writeHead(tenant.status).end(JSON.stringify({ keys: tenant.keys }))
  })
  const clock = { ms: 0 }
  const keys = remoteKeys({ url, algorithms: ['RS256'], now: () => clock.ms })
  return { tenant, clock, find: (kid: string) => keys.candidates({ alg: 'RS256', kid }) }
}

const unknown = { name: 'TokenError', code: 'unknown_key' }
const unavailable = { name: 'KeysUnavailableError' }

test('one fetch serves all who wait for it, and all who come after', async (t) => {
  const { tenant, find } = await remote(t)
  await Promise.all([find('current'), find('current'), find('current')])
  await find('current')
  t.equal(tenant.asked, 1)
})

test('an unknown key id is looked for once per cooldown', async (t) => {
  const { tenant, clock, find } = await remote(t)
  await find('current')
  await t.rejects(find('next'), unknown)
  t.equal(tenant.asked, 1)
  tenant.keys = [KEY.jwk, newKey('RS256', 'next').jwk]
  clock.ms += 30_000
  t.match(await find('next'), [{ kid: 'next' }])
  t.equal(tenant.asked, 2)
})

test('where keys cannot be had the tenant is at fault, not the token', async (t) => {
  const { tenant, clock, find } = await remote(t)
  tenant.status = 500
  await t.rejects(find('current'), { ...unavailable, retryAfter: 30 })
  tenant.status = 200
  await t.rejects(find('current'), unavailable)
  clock.ms += 30_000
  await t.resolves(find('current'))

  tenant.keys = 'none'
  clock.ms += 30_000
  await t.rejects(find('next'), unavailable)
  await t.resolves(find('current'), 'a known key goes on serving')
})

test('an old key set is fetched anew while it goes on serving', async (t) => {
  const { tenant, clock, find } = await remote(t)
  await find('current')
  clock.ms += 10 * 60_000
  tenant.keys = [newKey('RS256', 'next').jwk]
  t.match(await find('current'), [{ kid: 'current' }])
  t.match(await find('next'), [{ kid: 'next' }])
  t.equal(tenant.asked, 2)
})
