/**
 * `npm run first-paint`: how long the console takes to its first contentful paint, with thirty
 * personas and ten routes. It needs Chromium. Each visit is a new browser profile, so nothing is cached.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDevelopment } from '../src/dev/start-development.ts'
import { findProject } from '../src/project/project.ts'
import { launchChromium } from '../test/support/e2e/browser.ts'

const PERSONAS = 30
const ROUTES = 10
const VISITS = 7
const SIZES = { desk: { width: 1100, height: 760 }, phone: { width: 360, height: 740 } }
/** As text, because the page does not have the helpers of a compiler. Milliseconds since the navigation. */
const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const entry = list.getEntriesByName('first-contentful-paint')[0]
    if (entry) resolve(entry.startTime)
  }).observe({ type: 'paint', buffered: true })
})`

/** A project as a team would have it: a server with some routes, and data for its local tenant. */
function createProject(directory: string): void {
  const core = (file: string) => JSON.stringify(join(import.meta.dirname, '../src', file))
  const access = ["{ permissions: ['read:admin-messages'] }", '{}', "'public'"]
  const routes = Array.from({ length: ROUTES }, (_, index) => {
    const schema = `{ summary: 'Route ${index}', response: { 200: { type: 'object' } } }`
    const options = `{ schema: ${schema}, config: { access: ${access[index % access.length]} } }`
    return `app.get('/api/notes/list-${index}', ${options}, () => ({}))`
  })
  const data = {
    api: { identifier: 'https://hello-world.example.com', name: 'Notes', tokenLifetime: 3600 },
    roles: { admin: ['read:admin-messages'] },
    organizations: [{ id: 'org_acme', name: 'acme', displayName: 'Acme' }],
    personas: Array.from({ length: PERSONAS }, (_, index) => ({
      name: `person-${index}`,
      displayName: `Person ${index}`,
      email: `person-${index}@example.com`,
      roles: index % 3 === 0 ? ['admin'] : [],
      organizations: index % 2 === 0 ? ['org_acme'] : [],
    })),
  }
  const files = {
    'package.json': JSON.stringify({
      type: 'module',
      'messages-api': { server: 'server.ts', tenant: 'tenant.ts' },
    }),
    'server.ts': `import { defineRoutes } from ${core('define-routes.ts')}
import { defineServer } from ${core('server.ts')}
const routes = defineRoutes(async (app) => {
  ${routes.join('\n  ')}
})
export default defineServer({ routes: [routes] })
`,
    'tenant.ts': `export default ${JSON.stringify(data)}\n`,
  }
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  symlinkSync(join(import.meta.dirname, '../node_modules'), join(directory, 'node_modules'))
}

const directory = mkdtempSync(join(tmpdir(), 'first-paint-'))
createProject(directory)
const environment = { PORT: '0', TENANT_PORT: '0', LOG_LEVEL: 'silent', MAX_EVENT_LOOP_DELAY: '0' }
const keys = join(directory, 'keys')
const { tenant, server } = await startDevelopment([environment], keys, findProject(directory))
const browser = await launchChromium()
console.log(`Node ${process.version}, load average ${loadavg()[0]?.toFixed(2)}`)

for (const [device, viewport] of Object.entries(SIZES)) {
  const times: number[] = []
  let cells = 0
  for (let visit = 0; visit < VISITS; visit += 1) {
    const context = await browser.newContext({ viewport })
    const page = await context.newPage()
    await page.goto(tenant.issuer)
    times.push(await page.evaluate<number>(FIRST_PAINT))
    cells = await page.locator('tbody td').count()
    await context.close()
  }
  const [first = 0] = times
  const sorted = times.toSorted((a, b) => a - b).map((time) => Math.round(time))
  const median = sorted[Math.floor(VISITS / 2)]
  console.log(
    `${device}: first visit ${Math.round(first)} ms, median of ${VISITS} ${median} ms, highest ${sorted.at(-1)} ms, ${cells} cells`,
  )
}

await browser.close()
await server.app.close()
await tenant.app.close()
rmSync(directory, { recursive: true })
