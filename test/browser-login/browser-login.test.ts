import fastify, { type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { test } from 'tap'
import { browserLogin } from '../../src/browser-login/browser-login.ts'
import { errorPages } from '../../src/browser-login/pages/error-page.ts'
import { pages } from '../../src/browser-login/pages/page.ts'
import { backchannelLogout } from '../../src/browser-login/routes/backchannel-logout.ts'
import { home } from '../../src/browser-login/routes/home.ts'
import { logout } from '../../src/browser-login/routes/logout.ts'
import { sessionToken } from '../../src/browser-login/routes/session-token.ts'
import { csrfGuard } from '../../src/browser-login/sessions/csrf-guard.ts'
import { loginRequirement } from '../../src/browser-login/sessions/require-login.ts'
import { session } from '../../src/browser-login/sessions/session.ts'
// #region local-tenant
import { startDevelopment } from '../../src/dev/start-development.ts'
// #endregion local-tenant
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER } from '../support/probe-routes.ts'
// #region local-tenant
import { TEST_PROJECT } from '../support/product/test-project.ts'
// #endregion local-tenant
import { BASE, SESSION_SECRET, visitorOf } from '../support/site.ts'
// #region local-tenant
import { visitor } from '../support/visitor.ts'

// #endregion local-tenant

const HERE = { ...ENVIRONMENT, PORT: '0', ACCESS_TOKEN_ALGORITHMS: 'ES256' }
const ON = {
  AUTH0_CLIENT_ID: 'the-client',
  AUTH0_CLIENT_SECRET: 'a client secret of at least 32 characters',
  SESSION_SECRET,
}

test('the browser login is loaded only if it is configured', async (t) => {
  const { log, destination } = logSink()
  const off = await startServer(PROBE_SERVER, [{ ...HERE, LOG_LEVEL: 'silent' }])
  t.teardown(() => off.app.close())
  for (const url of ['/', '/login', '/profile', '/callback']) {
    t.match((await off.app.inject(url)).json(), { message: 'Not Found' }, url)
  }
  for (const idTokens of ['RS256', 'HS256']) {
    const on = await startServer(PROBE_SERVER, [HERE, { ...ON, ID_TOKEN_ALG: idTokens }], {
      logTo: destination,
    })
    t.teardown(() => on.app.close())
    t.match((await on.app.inject('/')).body, 'You are not logged in')
  }
  const nowhere = { ...HERE, AUTH0_DOMAIN: 'https://127.0.0.1:1' }
  const away = await startServer(PROBE_SERVER, [nowhere, ON, { LOG_LEVEL: 'silent' }])
  t.teardown(() => away.app.close())
  t.equal((await away.app.inject('/login?at_base')).statusCode, 503)
  const line = log.find(({ event }) => event === 'session_store')
  t.match(line, { store: 'memory', msg: 'Session store: memory' })
  const { AUTH0_CLIENT_SECRET: _, ...some } = ON
  await t.rejects(startServer(PROBE_SERVER, [HERE, some]), {
    message:
      'Invalid configuration:\n  AUTH0_CLIENT_SECRET is required when AUTH0_CLIENT_ID is set',
  })
})

test('an invalid REDIS_URL stops the start', async (t) => {
  for (const url of [
    'http://127.0.0.1',
    'redis://',
    'redis://:pw@127.0.0.1:99999',
    'redis://127.0.0.1/notanumber',
    'redis://user:pa%ZZ@127.0.0.1',
  ]) {
    await t.rejects(
      startServer(PROBE_SERVER, [HERE, ON, { REDIS_URL: url }]),
      /REDIS_URL is invalid/,
      url,
    )
  }
})

// #region local-tenant
test('npm run dev enables it, as the web client of the local tenant', async (t) => {
  const sources = [
    {
      PORT: '0',
      TENANT_PORT: '0',
      APP_BASE_URL: BASE,
      LOG_LEVEL: 'silent',
      MAX_EVENT_LOOP_DELAY: '0',
    },
  ]
  const { tenant, server } = await startDevelopment(sources, t.testdir(), TEST_PROJECT)
  t.teardown(() => server.app.close())
  t.teardown(() => tenant.app.close())
  const [here, there] = [visitorOf(server.app), visitor(tenant.issuer)]

  async function logIn(persona: string, query = '') {
    const page = await there.visit((await here.visit(`/login${query}`)).location)
    const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
    const { headers } = await there.post('/login', { transaction, persona })
    const { pathname, search } = new URL(String(headers.get('location')))
    return here.visit(pathname + search)
  }
  t.equal((await logIn('acme-admin', '?organization=Acme&prompt=login')).location, '/profile')
  const profile = await here.visit('/profile')
  t.match(profile.html, '<h1>Abe Admin</h1>')
  t.match(profile.html, 'Organization: acme')
  t.match(profile.html, /200<.span> admin<.dd>/)
  const refused = await logIn('user', '?organization=org_acme&prompt=login')
  t.match(refused, { status: 403, html: /The user is not a member of the organization/ })

  const out = await here.post('/logout', { _csrf: await here.csrf() })
  const left = await there.visit(out.location)
  t.equal(left.to, `${BASE}/`)
  t.match((await here.visit('/')).html, /not logged in/)
})
// #endregion local-tenant

test('a plugin whose dependencies are missing stops the start', async (t) => {
  for (const [plugin, missing] of [
    [browserLogin, 'errors'],
    [session, 'errors'],
    [errorPages, 'errors'],
    [loginRequirement, 'errors'],
    [csrfGuard, 'errors'],
    [sessionToken, 'login-requirement'],
    [home, 'login-requirement'],
    [logout, '@fastify/formbody'],
    [backchannelLogout, 'errors'],
  ] as const) {
    const app = fastify()
    t.teardown(() => app.close())
    app.register(plugin as FastifyPluginAsync)
    await t.rejects(async () => app.ready(), {
      code: 'FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED',
      message: `The dependency '${missing}'`,
    })
  }
})

test('a call of ours that failed with a status is a fault of ours on a page too', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  app.register(
    fp(async (errors) => void errors.decorateRequest('failure', null), { name: 'errors' }),
  )
  app.register(pages, { tenantOrigin: 'https://tenant.test' })
  app.register(errorPages)
  for (const statusCode of [401, 404, 499]) {
    app.get(`/${statusCode}`, () => Promise.reject(Object.assign(new Error(), { statusCode })))
    app.get(`/exposed/${statusCode}`, () =>
      Promise.reject(Object.assign(new Error(), { statusCode, expose: true })),
    )
  }
  for (const path of ['401', '404', '499', 'exposed/401', 'exposed/499']) {
    const { statusCode, body } = await app.inject(path)
    t.equal(statusCode, 500, path)
    t.match(body, 'Something failed on this site.', path)
  }
  t.equal((await app.inject('/exposed/404')).statusCode, 404)
})

test('a route whose CSRF guard is missing stops the start', async (t) => {
  const dependencies = ['@fastify/formbody', 'login-requirement', 'csrf-guard', 'error-pages']
  for (const plugin of [logout, sessionToken]) {
    const app = fastify()
    t.teardown(() => app.close())
    for (const name of dependencies) app.register(fp(async () => {}, { name }))
    app.register(plugin as FastifyPluginAsync)
    await t.rejects(async () => app.ready(), {
      code: 'FST_ERR_DEC_UNDECLARED',
      message: "'csrfGuard'",
    })
  }
})
