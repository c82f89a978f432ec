import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { isAllowedHost } from '../../src/http/allowed-hosts.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { ENVIRONMENT, testApp } from '../support/app.ts'
import { development } from '../support/development.ts'
import { PUBLIC } from '../support/probe-routes.ts'

/** Sends a request with a Host of its own, which fetch does not allow. */
async function ask(port: number, path: string, host: string, method = 'GET') {
  const sent = request({ host: '127.0.0.1', port, path, method, headers: { host } }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: await text(response) }
}

const FOREIGN = [
  'evil.test',
  'evil.test:6061',
  'localhost.evil.test',
  '127.0.0.1.evil.test',
  '10.0.0.1',
]

test('every port of development answers at the names of this machine and at ALLOWED_HOSTS', async (t) => {
  const allowed = { ALLOWED_HOSTS: 'api, .containers.test', METRICS_PORT: '0' }
  const { server, tenantPort } = await development(t, allowed)
  const routes = [
    [server.port, [PUBLIC, '/livez', '/nowhere', '/login']],
    [
      Number(tenantPort),
      [
        '/console/overview',
        '/',
        '/authorize',
        '/oauth/token',
        '/api/v2/clients',
        '/local-tenant/environment',
        '/none',
      ],
    ],
    [assertDefined(server.metricsPort), ['/metrics', '/']],
  ] as const
  for (const [port, paths] of routes) {
    for (const path of paths) {
      for (const host of FOREIGN) t.equal((await ask(port, path, host)).status, 421, path + host)
      t.equal((await ask(port, path, 'evil.test', 'POST')).status, 421, path)
    }
    for (const host of [
      `localhost:${port}`,
      '127.0.0.1',
      '[::1]:1',
      'API',
      'a.containers.test:80',
    ]) {
      t.equal((await ask(port, paths[0], host)).status, 200, host)
    }
  }
})

test('the server alone answers at any host, unless ALLOWED_HOSTS names some', async (t) => {
  const statusAt = async (environment: Record<string, string>, host: string) => {
    const { app } = await testApp(t, { environment })
    return (await app.inject({ url: PUBLIC, headers: { host } })).json()
  }
  const { message } = await statusAt({}, 'api.test')
  t.match(message, 'public')
  const some = { ALLOWED_HOSTS: 'api.test', ORGANIZATION_DOMAIN: 'Orgs.test' }
  for (const host of ['api.test', 'orgs.test', 'acme.orgs.test']) {
    t.strictSame(await statusAt(some, host), { message }, host)
  }
  for (const host of ['a.api.test', 'evil.test']) {
    t.strictSame(await statusAt(some, host), { message: 'Misdirected Request' }, host)
  }
})

test('what is not a host is not allowed', async (t) => {
  for (const host of ['', ' ', 'a b', '[::1', 'localhost:99999']) t.notOk(isAllowedHost(host, []))
})

test('an entry of ALLOWED_HOSTS is a host name', async (t) => {
  for (const ALLOWED_HOSTS of ['https://api', 'api:80', '*', 'a b', '.']) {
    t.throws(
      () => loadConfig(ENVIRONMENT, { ALLOWED_HOSTS }),
      /ALLOWED_HOSTS is invalid/,
      ALLOWED_HOSTS,
    )
  }
  t.strictSame(loadConfig(ENVIRONMENT, { ALLOWED_HOSTS: 'API' }).config.allowedHosts, ['api'])
})
