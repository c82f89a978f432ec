import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { type Test, test } from 'tap'
import { main as provision } from '../../src/cli/provision.ts'
import { readEnvironment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { startServer } from '../../src/server.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { logSink } from '../support/log-sink.ts'
import { answer, recordingProxy, runManagementCommand } from '../support/management.ts'
import { managementToken } from '../support/manager.ts'
import { ADMIN, probeServer } from '../support/probe-routes.ts'
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
  return { ...tenant, run: (args = '') => runManagementCommand(provision, args, environment) }
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
  t.match(planned.out, /^\+ API {10}https:\/\/hello-world\.example\.com$/m)
  t.match(planned.out, '10 to create, 0 to change, 0 unchanged.')
  t.equal(directory.api('https://hello-world.example.com'), undefined, 'nothing was written')

  const applied = await run('--apply')
  t.equal(applied.problem, undefined)
  t.equal(applied.err.match(/^✓ /gm)?.length, 11, 'a line a step, and one for the reading')
  t.match(applied.out, /^# AUTH0_CLIENT_SECRET=… /m)
  const secrets = [...directory.clients].map(({ secret }) => secret ?? 'no secret')
  for (const secret of secrets) t.notOk((applied.out + applied.err).includes(secret))

  const again = await run('--apply --write-env --local')
  t.match(again.out, '0 to create, 0 to change, 10 unchanged.')
  for (const secret of secrets) t.notOk((again.out + again.err).includes(secret))
  t.equal(statSync('.env').mode & 0o777, 0o600)
  const env = parseEnv(readFileSync('.env', 'utf8')) as Record<string, string>
  const web = directory.clients.get(env['AUTH0_CLIENT_ID'])
  t.match(env, { AUTH0_CLIENT_SECRET: web?.secret, SESSION_SECRET: /^[\w-]{43}$/ })

  const sources = [
    ...readEnvironment(),
    { PORT: '0', HOST: 'localhost', LOG_LEVEL: 'silent', MAX_EVENT_LOOP_DELAY: '0' },
  ]
  const server = await startServer(probeServer('read:admin-messages'), sources, {
    logTo: logSink().destination,
  })
  t.teardown(() => server.app.close())
  const admin = async (persona: string) => {
    const token = await logIn(issuer, String(env['API_REFERENCE_CLIENT_ID']), persona)
    const url = `http://localhost:${server.port}${ADMIN}`
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
  }
  t.equal(await admin('admin'), 200)
  t.equal(await admin('user'), 403)
})

test('existing values stay, and new ones are added', async (t) => {
  const { directory, run } = await tenantToProvision(t, 'data')
  const extra = 'https://elsewhere.example.com/callback'
  assertDefined(directory.clients.get('messages-web')).backchannelLogoutUri =
    'http://localhost:7070/told'
  await run('--apply')
  const spa = directory.clients.find(({ name }) => name === 'Messages in the browser')
  if (spa === undefined) return t.fail('it exists')
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

test('existing values in .env stay', async (t) => {
  const { run } = await tenantToProvision(t)
  writeFileSync(
    '.env',
    '# mine\nAUTH0_DOMAIN=\nAUTH0_AUDIENCE=https://mine.test\nAUTH0_CLIENT_ID=mine',
  )
  const { err } = await run('--apply --write-env --local')
  t.match(err, '.env: kept existing values of AUTH0_AUDIENCE, AUTH0_CLIENT_ID.')
  t.equal(statSync('.env').mode & 0o777, 0o600)
  const text = readFileSync('.env', 'utf8')
  t.match(text, /^# mine\n/)
  const env = parseEnv(text)
  t.match(env, { AUTH0_AUDIENCE: 'https://mine.test', AUTH0_DOMAIN: /^http:/ })
  t.notOk('AUTH0_CLIENT_SECRET' in env, 'not the secret of another client')
  t.match((await run('--apply --write-env --local')).err, '.env: nothing to add.')
})

test('variables that cannot be written to .env', async (t) => {
  const { directory, run } = await tenantToProvision(t)
  writeFileSync('small.yaml', 'clients: {}')
  const small = await run('--apply --file small.yaml')
  t.match(small.out, /AUTH0_AUDIENCE=https:\/\/hello-world\.example\.com\n$/, 'and no more')
  t.match(
    (await run('--apply --write-env --local --file small.yaml')).err,
    '.env: added AUTH0_DOMAIN, ',
  )
  const grant = assertDefined(directory.clientGrants.get('cgr_management'))
  grant.scope = grant.scope.filter((scope) => scope !== 'read:client_keys')
  const { err } = await run('--apply --write-env --local')
  t.match(
    err,
    'The browser login was skipped: reading its secret needs the scope read:client_keys.',
  )
  t.notMatch(readFileSync('.env', 'utf8'), 'AUTH0_CLIENT_ID')
  rmSync('.env')
  mkdirSync('.env')
  t.match((await run('--apply --write-env --local')).problem, 'EISDIR')
})

test('--write-env does not write the address of a local tenant unless told so', async (t) => {
  const { issuer, directory, run } = await tenantToProvision(t)
  const refused = await run('--apply --write-env')
  t.equal(refused.err, `Tenant: ${issuer} (a local tenant)\n`)
  t.match(refused.problem, /^Nothing was changed: .* Add --local to write it\.$/)
  const TENANT_PORT = new URL(issuer).port
  const byDefault = await runManagementCommand(provision, '--apply --write-env', { TENANT_PORT })
  t.match(byDefault.problem, 'Set AUTH0_DOMAIN to the tenant that you mean, or add --local')
  t.equal(byDefault.err, `Tenant: ${issuer} (a local tenant, because AUTH0_DOMAIN is not set)\n`)
  t.equal(directory.api('https://hello-world.example.com'), undefined, 'nothing was changed')
  const AUTH0_MGMT_DOMAIN = new URL(issuer).origin
  const { out } = await runManagementCommand(provision, '--apply', { AUTH0_MGMT_DOMAIN })
  t.match(out, `AUTH0_DOMAIN=${AUTH0_MGMT_DOMAIN}\n`)
  const several = { AUTH0_DOMAIN: ` ${issuer}, login.tenant.test/` }
  const atMain = await runManagementCommand(provision, '--apply', several)
  t.equal(atMain.err.split('\n')[0], `Tenant: ${issuer} (a local tenant)`, 'the main domain')
  t.match(atMain.out, `AUTH0_DOMAIN=${AUTH0_MGMT_DOMAIN},login.tenant.test\n`)
  t.notOk(existsSync('.env'))
})

test('a web client without authentication gets a secret', async (t) => {
  const { directory, run } = await tenantToProvision(t, 'data')
  await run('--apply')
  const web = assertDefined(directory.clients.get('messages-web'))
  delete web.secret
  web.settings = { ...web.settings, token_endpoint_auth_method: 'none' }
  const { out } = await run('--apply')
  t.match(out, 'token_endpoint_auth_method: none → client_secret_post')
  t.match(web.secret, /^[\w-]{64}$/)
})

test('the server starts with what is written to .env', async (t) => {
  const { directory, run } = await tenantToProvision(t)
  const origins = ['https://*.example.com', 'https://*.com', 'https://app.example.com']
  writeFileSync('wild.yaml', `clients: { browser: { web_origins: ${JSON.stringify(origins)} } }`)
  const wild = await run('--apply --write-env --local --file wild.yaml')
  t.match(wild.err, 'CLIENT_ORIGIN_URL: the server does not accept https://*.com.\n')
  const browser = directory.clients.find(({ name }) => name === 'Messages in the browser')
  t.strictSame(browser?.settings?.['web_origins'], origins)
  const { config } = loadConfig(...readEnvironment().slice(0, 1))
  t.strictSame(config.clientOrigins, ['https://*.example.com', 'https://app.example.com'])

  writeFileSync('placeholder.yaml', 'api: { identifier: <your-api> }')
  const { problem } = await run('--apply --file placeholder.yaml')
  t.match(
    problem,
    /^The server would not start with this api → identifier\. (?:.*\n)*.*AUTH0_AUDIENCE/,
  )
  t.equal(directory.api('<your-api>'), undefined, 'nothing was changed')
})

test('a plan that fails is completed by the next run', async (t) => {
  const { issuer } = await tenantToProvision(t)
  let isBroken = true
  const { origin } = await recordingProxy(t, issuer, ({ method, url }, response) => {
    const fails = isBroken && method === 'POST' && url === '/api/v2/client-grants'
    return fails && answer(response, 500, { statusCode: 500, message: 'Broken' })
  })
  const token = await managementToken(issuer)
  const environment = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: token }
  const failed = await runManagementCommand(provision, '--apply --json', environment)
  t.match(
    failed.problem,
    /incomplete \(6 done, 1 failed, 3 not started\)\. Run the command again to continue\./,
  )
  t.match(failed.problem, 'grant Messages machine: The tenant returned HTTP 500: Broken')
  t.match(failed.json(), {
    applied: false,
    failed: [{ kind: 'grant', error: { code: 'server_error', status: 500 } }],
    remaining: [{ kind: 'organization' }, { kind: 'connection' }, { kind: 'assignment' }],
    environment: {},
  })
  t.notOk(failed.out.includes(token))
  isBroken = false
  const finished = await runManagementCommand(provision, '--apply', environment)
  t.match(finished.out, '4 to create, 0 to change, 6 unchanged.')
  t.equal(finished.problem, undefined)
})

test('as a program', async (t) => {
  const { issuer } = await startTenant(t, { seed: 'empty', directory: t.testdir() })
  const file = join(root, 'tenant.yaml')
  const good = start(t, 'cli/main.ts', { AUTH0_DOMAIN: issuer }, [
    'provision',
    '--json',
    '--file',
    file,
  ])
  t.match(await good.exit, { code: 0 })
  t.match(JSON.parse(good.output.stdout), { applied: false, steps: { length: 10 } })
  const bad = start(t, 'cli/main.ts', { AUTH0_DOMAIN: issuer }, [
    'provision',
    '--file',
    'nowhere.yaml',
  ])
  t.match(await bad.exit, { code: 1 })
  t.equal(bad.output.stderr, 'Cannot read nowhere.yaml (ENOENT).\n')
})

test('on a terminal, a spinner shows the current step', async (t) => {
  const { issuer } = await tenantToProvision(t)
  const { err } = await runManagementCommand(provision, '--apply', { AUTH0_DOMAIN: issuer }, true)
  t.match(err, '⠋ Read http')
})
