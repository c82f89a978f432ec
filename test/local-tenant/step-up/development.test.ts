import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import { main as callCommand } from '../../../src/cli/call.ts'
import { main as tokenCommand } from '../../../src/cli/token.ts'
import { PROVIDER_NAMES } from '../../../src/config/issuer/providers.ts'
import { startDevelopment } from '../../../src/dev/start-development.ts'
import { suggestCalls } from '../../../src/dev/suggested-calls.ts'
import { apiEnvironment } from '../../../src/local-tenant/controls/environment.ts'
import { findProject } from '../../../src/project/project.ts'
import { validateTenantData } from '../../../src/tenant-data/validate-tenant-data.ts'
import { runCommand } from '../../support/command.ts'
import { writeTenantKeys } from '../../support/tokens/key-cache.ts'
import { startTenant, visitor } from '../../support/visitor.ts'
import { API, DATA, MFA, startWith, useFactor } from './data.ts'

const SERVER = `export default { routes: [async (app) => {
  app.get('/open', { config: { access: 'public' } }, () => ({}))
  app.get('/any', { config: { access: {} } }, () => ({}))
  app.get('/strong', { config: { access: { acr: ['${MFA}'], maxAge: 60 } } }, () => ({}))
}] }`

/** What `npm run dev` runs, for a project with a route that requires the second factor. */
async function project(t: Test, changes: object = {}) {
  const previous = process.cwd()
  const directory = t.testdir({
    'package.json': JSON.stringify({
      type: 'module',
      'messages-api': { server: 'server.js', tenant: 'tenant.json' },
    }),
    'server.js': SERVER,
    'tenant.json': JSON.stringify({ ...DATA, ...changes }),
  })
  const records = join(directory, '.local-tenant')
  await writeTenantKeys(records)
  const { tenant: localTenant, server } = await startDevelopment(
    [{ PORT: '0', TENANT_PORT: '0', LOG_LEVEL: 'silent', MAX_EVENT_LOOP_DELAY: '0' }],
    records,
    findProject(directory),
  )
  process.chdir(directory)
  t.teardown(async () => {
    process.chdir(previous)
    await server.app.close()
    await localTenant.app.close()
  })
  const { issuer } = localTenant
  const sources = [{ TENANT_PORT: new URL(issuer).port }]
  return {
    localTenant,
    /** Requests a page of the console. */
    async console(path: string, form?: Record<string, string>) {
      const headers = { origin: new URL(issuer).origin }
      const init =
        form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form), headers }
      const response = await fetch(`${issuer}console/${path}`, init)
      return { status: response.status, html: await response.text() }
    },
    call: (...args: string[]) => runCommand(callCommand, args, sources),
    token: (...args: string[]) => runCommand(tokenCommand, args, sources),
  }
}

test('commands get tokens with the second factor, and the server of npm run dev reads them', async (t) => {
  const { call, token } = await project(t)
  const plain = await call('/strong', '--as', 'ann')
  t.equal(plain.exitCode, 1)
  t.match(JSON.parse(plain.out), { message: 'Requires stronger authentication' })
  t.match(plain.err, `acr_values="${MFA}", max_age="60"`)
  t.equal((await call('/strong', '--as', 'ann', '--second-factor')).exitCode, 0)

  const { out, err } = await token('ann', '--second-factor')
  t.equal(err, '')
  t.equal(decodeJwt(out.trim())[`${API}/acr`], MFA)
  t.notHas(decodeJwt((await token('ann')).out.trim()), `${API}/acr`)
  t.equal((await call('/strong', '--token', out.trim())).exitCode, 0)

  const noFactor = await token('bob', '--second-factor')
  t.match(noFactor.problem, 'The user has no second factor.')
  const refused = await call('/strong', '--as', 'bob', '--second-factor')
  t.equal(refused.problem, 'The user has no second factor.', 'without advice for an outage')
  t.match(
    (await token('ann', '--second-factor', '--expired')).problem,
    '--expired and --second-factor exclude each other.',
  )
  t.match(
    (await call('/strong', '--token', 'x', '--second-factor')).problem,
    '--token and --second-factor exclude each other.',
  )
})

test('the console: the matrix, the explanation, tokens with the factor, and people', async (t) => {
  const { console, localTenant } = await project(t)
  const matrix = (await console('overview')).html
  t.match(matrix, `requires acr ${MFA}, a login at most 60 s ago`)
  t.match(matrix, /requires nothing.*requires a token/s)
  t.match(matrix, /authentication_insufficient.*Requires stronger authentication/s)

  const explained = await console('explain', { persona: 'ann', route: '/strong' })
  t.match(explained.html, /has no https:\/\/hello-world.example.com\/acr.*authenticationClaims/s)
  t.match(
    explained.html,
    /authentication_insufficient.*In the local tenant: <a href="\/console\/tokens/s,
  )
  t.match((await console('explain/reasons')).html, /id="authentication_insufficient"/)

  const form = (await console('tokens')).html
  t.match(form, /Second factor <select name="factor">/)
  const fields = { persona: 'ann', organization: '', factor: 'used' }
  const { html } = await console('tokens', fields)
  t.match(html, /<option value="used" selected>/)
  t.match(html, /<code>\/strong<\/code><\/th>\s*<td role="cell">[^/]*200/)
  t.match(html, /name="factor" value="used"/)
  t.match(await console('tokens', { ...fields, persona: 'bob' }), {
    status: 400,
    html: /no second factor/,
  })
  t.match((await console('people')).html, /bob.*no second factor/s)

  const ann = visitor(localTenant.issuer)
  t.match((await ann.authorize()).html, /bob.*no second factor/s)
  await useFactor(ann, await ann.logIn('ann', { acr_values: MFA }))
  t.match((await console('sessions')).html, /with the second factor/)
})

test('without claims about the login, commands say that the second factor has no effect', async (t) => {
  const { call, token } = await project(t, { authenticationClaims: 'none' })
  const note =
    /^The token says nothing about the second factor.* Set "authenticationClaims" to "namespaced"/m
  const issued = await token('ann', '--second-factor')
  t.equal(issued.exitCode, 0)
  t.match(issued.err, note)
  t.match((await call('/any', '--as', 'ann', '--second-factor')).err, note)
  t.notMatch((await token('ann')).err, note)
})

test('without claims about the login, the console has no field for it', async (t) => {
  const { console } = await project(t, { authenticationClaims: 'none' })
  t.notMatch((await console('tokens')).html, /Second factor/)
})

test('the greeting suggests no route that needs a second factor or a new login', async (t) => {
  const tenant = await startWith(t)
  for (const access of [{ acr: [MFA] }, { maxAge: 60 }]) {
    const { protectedCall } = suggestCalls(new Map([['/strong', access]]), tenant)
    t.equal(protectedCall, undefined)
  }
  const { protectedCall } = suggestCalls(new Map([['/any', {}]]), tenant)
  t.match(protectedCall, { path: '/any' })
})

test('the names of the claims follow from the data', async (t) => {
  const variables = async (changes: object) => {
    const { issuer, directory } = await startWith(t, changes)
    const tenant = { issuer, provider: 'auth0', directory } as const
    const { ACR_CLAIM, AUTH_TIME_CLAIM } = apiEnvironment(tenant).variables as Record<
      string,
      string
    >
    return [ACR_CLAIM, AUTH_TIME_CLAIM]
  }
  t.strictSame(await variables({}), [`${API}/acr`, `${API}/auth_time`])
  const api = { identifier: 'https://slash.example/' }
  t.strictSame(await variables({ api }), [
    'https://slash.example/acr',
    'https://slash.example/auth_time',
  ])
  t.strictSame(await variables({ authenticationClaims: 'standard' }), ['acr', 'auth_time'])
  t.strictSame(await variables({ authenticationClaims: 'none' }), [undefined, undefined])
})

test('without a value in the data, the claims are those of the provider', async (t) => {
  const standard = ['keycloak', 'okta']
  for (const provider of PROVIDER_NAMES) {
    const authenticationClaims = undefined
    const { directory } = await startTenant(t, {
      provider,
      data: { ...DATA, authenticationClaims },
    })
    const expected = standard.includes(provider) ? 'standard' : 'none'
    t.equal(directory.authentication.claims, expected, provider)
    const named = await startTenant(t, { provider, data: DATA })
    t.equal(named.directory.authentication.claims, 'namespaced', provider)
  }
})

test('data with other values is rejected', async (t) => {
  const wrong = [
    { authenticationClaims: 'all' },
    { acrValues: [] },
    { acrValues: ['a b'] },
    { acrValues: ['a"'] },
    { personas: [{ name: 'ann', secondFactor: 'yes' }] },
    { personas: [{ name: 'ann', claims: { acr: 'gold' } }] },
  ]
  for (const changes of wrong) {
    t.throws(() => validateTenantData({ ...DATA, ...changes }, 'data'), /^Invalid data: /)
  }
})
