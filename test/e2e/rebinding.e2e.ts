import { test } from 'tap'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { development } from '../support/development.ts'
import { browser } from '../support/e2e/browser.ts'
import { PUBLIC } from '../support/probe-routes.ts'

const ALIAS = 'rebound.test'

/** What the script of a page asks its own origin for. */
const MANAGEMENT = {
  grant_type: 'client_credentials',
  client_id: 'local-management',
  client_secret: 'local-management-secret',
}
const PERSONA = { grant_type: 'urn:local-tenant:grant-type:persona', persona: 'admin' }

test('a page whose name is pointed at this machine gets nothing from any port', async (t) => {
  const { tenantPort, tenant, server } = await development(t, { METRICS_PORT: '0' })
  const { newPage } = await browser(t, ALIAS)
  const page = await newPage()
  /** Requests that the page at a port sends to its own origin: the statuses and what it can read. */
  const ask = async (port: number, paths: readonly string[]) => {
    const origin = `http://${ALIAS}:${port}`
    // The page itself came from another server, before the name was pointed here.
    const html = { contentType: 'text/html', body: '<!doctype html><title>Rebound</title>' }
    await page.route(`${origin}/page`, (route) => route.fulfill(html))
    await page.goto(`${origin}/page`)
    return page.evaluate(
      ({ paths, bodies }) => {
        const gets = ['/', ...paths].map((path) => [path, {}] as const)
        const json = { 'content-type': 'application/json' }
        const posts = [
          ...bodies.map(
            (body) =>
              ['/oauth/token', { method: 'POST', body: new URLSearchParams(body) }] as const,
          ),
          [
            '/local-tenant/faults',
            { method: 'POST', headers: json, body: '{"fault":"rotate"}' },
          ] as const,
          [
            '/console/tokens',
            { method: 'POST', body: new URLSearchParams({ persona: 'admin' }) },
          ] as const,
        ]
        return Promise.all(
          [...gets, ...posts].map(async ([path, init]) => {
            const response = await fetch(path, { ...init, redirect: 'manual' })
            return { path, status: response.status, text: await response.text() }
          }),
        )
      },
      { paths, bodies: [{ ...MANAGEMENT, audience: `${tenant}api/v2/` }, PERSONA] },
    )
  }
  const ports = [
    [server.port, [PUBLIC, '/livez', '/docs/', '/login', '/nowhere']],
    [
      Number(tenantPort),
      ['/.well-known/jwks.json', '/local-tenant/environment', '/authorize', '/api/v2/clients'],
    ],
    [assertDefined(server.metricsPort), ['/metrics']],
  ] as const
  for (const [port, paths] of ports) {
    for (const { path, status, text } of await ask(port, paths)) {
      t.equal(status, 421, `${port}${path}`)
      t.notMatch(text, /access_token|eyJ|secret|AUTH0_|process_cpu/)
    }
    const named = await fetch(`http://localhost:${port}${paths[0]}`)
    t.equal(named.status, 200, 'by its own name')
  }
})
