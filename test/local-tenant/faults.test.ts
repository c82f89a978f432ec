import { type Test, test } from 'tap'
import { main as tenantCommand } from '../../src/cli/tenant.ts'
import type { ConsoleApi } from '../../src/local-tenant/console/console-api.ts'
import { runManagementCommand } from '../support/management.ts'
import { managementSdk, managementToken } from '../support/manager.ts'
import { startTenant, visitor } from '../support/visitor.ts'

/** A tenant without an API, and its command. */
async function tenant(t: Test) {
  const started = await startTenant(t, { dataFile: 'data.ts' })
  const environment = { TENANT_PORT: new URL(started.issuer).port }
  const command = (args: string) => runManagementCommand(tenantCommand, args, environment)
  const { keys } = (await command('status --json')).json()
  return { ...started, command, keys }
}

test('the status of a tenant without faults and changes', async (t) => {
  const { issuer, command, keys } = await tenant(t)
  const { out } = await command('status')
  t.equal(
    out,
    `Tenant      ${issuer}
API         none is connected
Faults      none
Keys        All of these are published:
            ${keys[0]}  signs
            ${keys[1]}  signs next
Data        data.ts, 0 changes since
Sessions    0
`,
  )
})

test('each fault says what it did, and the status shows it', async (t) => {
  const { command, keys } = await tenant(t)
  const [first, second] = keys
  const said = async (args: string) => (await command(args)).out
  t.equal(await said('withdraw'), 'There was no key that signed before: rotate makes one.\n')
  t.equal(
    await said('rotate'),
    `The tenant signs with ${second} from now on.\nThe key before, ${first}, is still published: withdraw ends that.\n`,
  )
  t.match(await said('withdraw'), `No longer published: ${first}\n`)
  t.match((await command('slow 0')).problem, /^The duration must be in seconds/)
  t.equal(await said('slow 1'), 'Every response is delayed by 1 s, until "up".\n')
  const down = await said('down')
  t.match(down, 'Every request gets 503 for 10 s.\nEvery response is delayed by 1 s')
  t.match(await said('rate-limit 60s'), /The Management API answers 429 for 60 s\.\n$/)
  t.match(
    await said('status'),
    /^Faults +Every request gets 503 for \d+ s\.\nFaults +Every response .*\nFaults +The Management/m,
  )
  t.match((await command('status --json')).json(), { faults: { slow: 1, down: Number } })
  t.equal(await said('up'), 'Ended: slow, down, rate-limit.\n')
  t.equal(await said('up'), 'There was no fault.\n')
  t.match((await command('up --json')).json(), {
    before: { faults: {} },
    faults: {},
    keys: [second],
  })
})

test('a rotation says whether the API knows the key, and what to expect', async (t) => {
  let cooldown = 17
  let kids: readonly string[] = []
  const knownKeys = () => ({ keys: kids.map((kid) => ({ kid, since: 0 })), cooldown })
  const api = { url: 'http://localhost:1', knownKeys } as unknown as ConsoleApi
  const { issuer } = await startTenant(t, { api: () => api })
  const environment = { TENANT_PORT: new URL(issuer).port }
  const command = (args: string) => runManagementCommand(tenantCommand, args, environment)
  const published = async () => (await command('status --json')).json().keys
  kids = await published()
  t.match((await command('rotate')).out, /The API knows the key already, so nothing fails\.\n$/)
  t.match((await command('rotate')).out, /reject new tokens with 401 for 17 s \(cooldown\)/)
  t.match((await command('status --json')).json(), { apiKeys: { known: kids, cooldown: 17 } })
  const [signing, next, ...before] = await published()
  t.match(
    (await command('status')).out,
    `            ${signing}  signs, unknown to the API
            ${next}  signs next, unknown to the API
            ${before[0]}  signed before
            ${before[1]}  signed before
`,
  )
  cooldown = 0
  t.match((await command('rotate')).out, /it fetches the key set for the first new token\.\n$/)
})

test('reset undoes changes and ends faults, also while the tenant is down', async (t) => {
  const { issuer, command } = await tenant(t)
  const sdk = managementSdk(issuer, await managementToken(issuer))
  await sdk.organizations.update('org_acme', { display_name: 'Other' })
  await visitor(issuer).logIn('user')
  t.match((await command('status')).out, /^Data +data\.ts, 1 change since\nSessions +1\n/m)
  await command('down 60s')
  const { out } = await command('reset')
  t.equal(
    out,
    'The local tenant is as in data.ts. Changes undone: 1.\n  organizations org_acme: displayName\nFaults ended: down.\n',
  )
  t.match((await command('reset --json')).json(), { changes: [], faults: {} })
  t.match((await command('changes --json')).json(), { dataFile: 'data.ts', changes: [] })
})

test('the status names the API that is connected', async (t) => {
  const knownKeys = () => ({ keys: [], cooldown: 0 })
  const api = { url: 'http://localhost:1', knownKeys } as unknown as ConsoleApi
  const { issuer } = await startTenant(t, { api: () => api })
  const environment = { TENANT_PORT: new URL(issuer).port }
  const { out } = await runManagementCommand(tenantCommand, 'status', environment)
  t.match(out, /^API +http:\/\/localhost:1$/m)
})
