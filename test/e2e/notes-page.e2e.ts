import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { browser } from '../support/e2e/browser.ts'
import { serve } from '../support/process.ts'
import { startTenant } from '../support/visitor.ts'

const NOTES = join(import.meta.dirname, '../../examples/notes')
const sdk = readFileSync(
  createRequire(import.meta.url).resolve('@auth0/auth0-spa-js/dist/auth0-spa-js.production.js'),
)

/** The routes that the page calls. Those of the example need the built package. */
async function notesRoutes(app: FastifyInstance): Promise<void> {
  const notes: unknown[] = []
  app.get('/api/notes', { config: { access: { bound: true } } }, () => notes)
  app.post('/api/notes', { config: { access: { bound: true } } }, ({ body }, reply) => {
    notes.push(body)
    return reply.code(201).send(body)
  })
}

test('the page of the notes example calls with bound tokens', async (t) => {
  const data = JSON.parse(readFileSync(join(NOTES, 'local-tenant.json'), 'utf8'))
  const { issuer } = await startTenant(t, { data })
  const page = { html: '' }
  const origin = (
    await serve(t, ({ url = '' }, response) => {
      const isScript = url === '/auth0-spa-js.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(isScript ? sdk : page.html)
    })
  ).replace('127.0.0.1', 'localhost')
  const { app, port } = await startServer({ routes: [notesRoutes] }, [
    {
      ...ENVIRONMENT,
      AUTH0_DOMAIN: issuer,
      AUTH0_AUDIENCE: data.api.identifier,
      AUTH0_ORGANIZATIONS: 'org_acme',
      ORGANIZATION_REQUIRED: 'false',
      CLIENT_ORIGIN_URL: origin,
      DPOP: 'allowed',
      HOST: 'localhost',
      PORT: '0',
      LOG_LEVEL: 'silent',
    },
  ])
  t.teardown(() => app.close())
  page.html = readFileSync(join(NOTES, 'page/index.html'), 'utf8')
    .replace('http://localhost:6060', `http://localhost:${port}`)
    .replace('http://localhost:6061', new URL(issuer).origin)

  const tab = await (await browser(t)).newPage()
  await tab.goto(origin)
  await tab.click('text=Log in')
  await tab.click('button[value=bob]')
  await tab.waitForSelector('text=Hello, Bob Builder.')
  await tab.fill('[name=title]', 'Bolts')
  await tab.fill('[name=text]', 'M8')
  await tab.click('text=Add note')
  await tab.waitForSelector('li:text-is("Bolts: M8")')
})
