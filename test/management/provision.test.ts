import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { type Test, test } from 'tap'
import { main as provision } from '../../src/cli/provision.ts'
import { readEnvironment } from '../../src/config/environment.ts'
import { startServer } from '../../src/server.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { logSink } from '../support/app.ts'
import { answer, between, ran } from '../support/management.ts'
import { managementToken } from '../support/manager.ts'
import { start } from '../support/process.ts'
import { redemption, requestToken, startTenant, visitor } from '../support/visitor.ts'

const root = join(import.meta.dirname, '../..')

/** A tenant, and the project's own description in the working directory. */
async function tenantToProvision(t: Test, seed: 'data' | 'empty' = 'empty') {
  const directory = t.testdir({ state: {}, work: {} })
  process.chdir(join(directory, 'work'))
  t.teardown(() => process.chdir(root))
  copyFileSync(join(root, 'tenant.yaml'), 'tenant.yaml')
  const tenant = await startTenant(t, { seed, directory: join(directory, 'state') })
  const environment = { AUTH0_DOMAIN: tenant.issuer }
  return { ...tenant, run: (args = '') => ran(provision, args, environment) }
}

/** The access token of a persona who logs in through a client. */
async function logIn(issuer: string, client_id: string, persona: string): Promise<string> {
  const { answer } = await visitor(issuer).logIn(persona, { client_id })
  const { body } = await requestToken(issuer, { ...redemption(answer['code']), client_id })
  return String(body['access_token'])
}

test('from an empty tenant to an admin’s 200', async (t) => {
  const { issuer, directory, run } = await tenantToProvision(t)

  const planned = await run()
  t.match(planned.out, /^\+ API {10}https:\/\/messages-api\.example\.com$/m)
  t.match(planned.out, '10 to create, 0 to change, 0 unchanged.')
  t.equal(directory.api('https://messages-api.example.com'), undefined, 'nothing was written')

  const applied = await run('--apply')
  t.equal(applied.problem, undefined)
  t.equal(applied.err.match(/^✓ /gm)?.length, 11, 'a line a step, and one for the reading')
  t.match(applied.out, /^# AUTH0_CLIENT_SECRET=… /m)
  const secrets = [...directory.clients].map(({ secret }) => secret ?? 'no secret')
  for (const secret of secrets) t.notOk((applied.out + applied.err).includes(secret))

  const again = await run('--apply --write-env')
  t.match(again.out, '0 to create, 0 to change, 10 unchanged.')
  for (const secret of secrets) t.notOk((again.out + again.err).includes(secret))
  t.equal(statSync('.env').mode & 0o777, 0o600)
  const env = parseEnv(readFileSync('.env', 'utf8')) as Record<string, string>
  const web = directory.clients.get(env['AUTH0_CLIENT_ID'])
  t.match(env, { AUTH0_CLIENT_SECRET: web?.secret, SESSION_SECRET: /^[\w-]{43}$/ })

  const sources = [...readEnvironment(), { PORT: '0', HOST: 'localhost', LOG_LEVEL: 'silent' }]
  const server = await startServer(sources, logSink().destination)
  t.teardown(() => server.app.close())
  const admin = async (persona: string) => {
    const token = await logIn(issuer, String(env['API_REFERENCE_CLIENT_ID']), persona)
    const url = `http://localhost:${server.port}/api/messages/admin`
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
  }
  t.equal(await admin('admin'), 200)
  t.equal(await admin('user'), 403)
})

test('what is there is added to, and stays', async (t) => {
  const { directory, run } = await tenantToProvision(t, 'data')
  const extra = 'https://elsewhere.example.com/callback'
  assertDefined(directory.clients.get('messages-web')).backchannelLogoutUri =
    'http://localhost:7070/told'
  await run('--apply')
  const spa = directory.clients.find(({ name }) => name === 'Messages in the browser')
  if (spa === undefined || typeof spa.redirectUris === 'string') return t.fail('is a list by now')
  t.equal(spa.id, 'messages-spa', 'known by its name')
  spa.redirectUris = [extra]
  const planned = await run()
  t.match(planned.out, /callbacks: \+ http:\/\/localhost:4040, /)
  const { json } = await run('--apply --json')
  t.match(json(), { applied: true, done: [{ kind: 'client', action: 'change' }] })
  t.equal(spa.redirectUris[0], extra)
  t.equal(spa.redirectUris.length, 4)
  t.match((await run()).out, '0 to create, 0 to change, 10 unchanged.')
})

test('.env keeps what it says', async (t) => {
  const { run } = await tenantToProvision(t)
  writeFileSync(
    '.env',
    '# mine\nAUTH0_DOMAIN=\nAUTH0_AUDIENCE=https://mine.test\nAUTH0_CLIENT_ID=mine',
  )
  const { err } = await run('--apply --write-env')
  t.match(err, '.env: left with other values: AUTH0_AUDIENCE, AUTH0_CLIENT_ID.')
  t.equal(statSync('.env').mode & 0o777, 0o600)
  const text = readFileSync('.env', 'utf8')
  t.match(text, /^# mine\n/)
  const env = parseEnv(text)
  t.match(env, { AUTH0_AUDIENCE: 'https://mine.test', AUTH0_DOMAIN: /^http:/ })
  t.notOk('AUTH0_CLIENT_SECRET' in env, 'not the secret of another client')
  t.match((await run('--apply --write-env')).err, '.env: nothing to add.')
})

test('what cannot be in .env is told', async (t) => {
  const { directory, run } = await tenantToProvision(t)
  writeFileSync('small.yaml', 'clients: {}')
  const small = await run('--apply --file small.yaml')
  t.match(small.out, /AUTH0_AUDIENCE=https:\/\/messages-api\.example\.com\n$/, 'and no more')
  t.match((await run('--apply --write-env --file small.yaml')).err, '.env: added AUTH0_DOMAIN, ')
  const grant = assertDefined(directory.clientGrants.get('cgr_management'))
  grant.scope = grant.scope.filter((scope) => scope !== 'read:client_keys')
  const { err } = await run('--apply --write-env')
  t.match(err, 'The browser login is left out: its secret takes the scope read:client_keys.')
  t.notMatch(readFileSync('.env', 'utf8'), 'AUTH0_CLIENT_ID')
  rmSync('.env')
  mkdirSync('.env')
  t.match((await run('--apply --write-env')).problem, 'EISDIR')
})

test('a plan that fails in the middle is told, and finished by the next run', async (t) => {
  const { issuer } = await tenantToProvision(t)
  let isBroken = true
  const { origin } = await between(t, issuer, ({ method, url }, response) => {
    const fails = isBroken && method === 'POST' && url === '/api/v2/client-grants'
    return fails && answer(response, 500, { statusCode: 500, message: 'Broken' })
  })
  const token = await managementToken(issuer)
  const environment = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: token }
  const failed = await ran(provision, '--apply --json', environment)
  t.match(
    failed.problem,
    /not finished \(6 done, 1 failed, 3 not begun\)\. Run it again to go on\./,
  )
  t.match(failed.problem, 'grant Messages machine: The tenant answers 500: Broken')
  t.match(failed.json(), {
    applied: false,
    failed: [{ kind: 'grant', error: { code: 'server_error', status: 500 } }],
    remaining: [{ kind: 'organization' }, { kind: 'connection' }, { kind: 'assignment' }],
    environment: {},
  })
  t.notOk(failed.out.includes(token))
  isBroken = false
  const finished = await ran(provision, '--apply', environment)
  t.match(finished.out, '4 to create, 0 to change, 6 unchanged.')
  t.equal(finished.problem, undefined)
})

test('in a process of its own, where a faulty one tells what is wrong', async (t) => {
  const { issuer } = await startTenant(t, { seed: 'empty', directory: t.testdir() })
  const file = join(root, 'tenant.yaml')
  const good = start(t, 'cli/provision.ts', { AUTH0_DOMAIN: issuer }, ['--json', '--file', file])
  t.match(await good.exit, { code: 0 })
  t.match(JSON.parse(good.output.stdout), { applied: false, steps: { length: 10 } })
  const bad = start(t, 'cli/provision.ts', { AUTH0_DOMAIN: issuer }, ['--file', 'nowhere.yaml'])
  t.match(await bad.exit, { code: 1 })
  t.equal(bad.output.stderr, 'nowhere.yaml cannot be read (ENOENT).\n')
})

test('on a terminal a spinner says what is being done', async (t) => {
  const { issuer } = await tenantToProvision(t)
  const { err } = await ran(provision, '--apply', { AUTH0_DOMAIN: issuer }, true)
  t.match(err, '⠋ Read http')
  t.match((await ran(provision, '--help', {})).out, /^Usage: npm run provision/)
})
