import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { type Program, start } from '../support/process.ts'
import { writeTenantKeys } from '../support/tokens/key-cache.ts'

const ENVIRONMENT = { PORT: '0', TENANT_PORT: '0', MAX_EVENT_LOOP_DELAY: '0', LOG_LEVEL: 'warn' }

const TENANT = {
  api: { identifier: 'https://notes.example' },
  roles: { editor: ['write:notes'] },
  personas: [{ name: 'eve', roles: ['editor'], organizations: ['org_blue'] }, { name: 'bob' }],
  organizations: [{ id: 'org_blue' }],
  clients: [{ id: 'app', redirectUris: 'loopback' }],
}

/** A server with a route that answers a text, and one that never ends. */
const serverOf = (text: string) => `
export default {
  routes: [async (app) => {
    app.get('/text', { config: { access: 'public' } }, () => (${text}))
    app.get('/pid', { config: { access: { permissions: ['write:notes'] } } }, () => ({}))
    app.get('/blue', { config: { access: { organizations: ['org_blue'] } } }, () => ({}))
    app.get('/never', { config: { access: { scopes: ['write:all'] } } }, () => ({}))
    app.get('/loop', { config: { access: 'public' } }, () => { for (;;); })
  }],
}`

async function project(t: Test) {
  const directory = t.testdir({
    'package.json': JSON.stringify({
      'messages-api': { server: 'src/server.ts', tenant: 'local-tenant.json' },
    }),
    'local-tenant.json': JSON.stringify(TENANT),
    src: { 'server.ts': serverOf('{ pid: process.pid }') },
  })
  await writeTenantKeys(join(directory, '.local-tenant'))
  const dev = start(t, 'cli/main.ts', ENVIRONMENT, ['dev'])
  return { dev, server: join(directory, 'src/server.ts'), directory }
}

/** The API of the last start, as soon as it has started that many times. */
async function apiOf(dev: Program, starts = 1): Promise<string> {
  const greetings = Array(starts).fill('API +(http://localhost:\\d+)').join('.*')
  return String((await dev.says(new RegExp(greetings, 's'))).at(-1))
}

async function pidOf(api: string): Promise<number> {
  return ((await (await fetch(`${api}/text`)).json()) as { pid: number }).pid
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits until a process has ended. */
async function ended(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
}

test('dev greets with the routes and personas of the project', async (t) => {
  const { dev } = await project(t)
  const api = await apiOf(dev)
  const { stdout } = dev.output
  t.match(stdout, /Local tenant +http:\/\/localhost:\d+ +\(https:\/\/notes\.example\)/)
  t.match(
    stdout,
    /Personas, from local-tenant\.json\. Get a token: TENANT_PORT=\d+ npx messages-api/,
  )
  t.match(stdout, /^ +eve +write:notes, member of blue\n +bob +no permissions\n/m)
  t.match(stdout, `    curl ${api}/text\n`)
  t.match(stdout, /npx messages-api token eve\)" http:\/\/localhost:\d+\/pid\n/)
  t.match(stdout, /npx messages-api token eve\)" http:\/\/localhost:\d+\/blue\n/)
  t.notMatch(stdout, '/never', 'no persona has the scope')
  t.notMatch(stdout, 'Browser login', 'no client of the project can log in on the server')
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} stops the server, and the command ends with 0`, async (t) => {
    const { dev } = await project(t)
    const pid = await pidOf(await apiOf(dev))
    dev.kill(signal)
    dev.kill(signal)
    t.strictSame(await dev.exit, { code: 0, signal: null })
    t.notOk(isRunning(pid), 'no server is left')
    t.equal(dev.output.stdout.split('Personas').length, 2, 'one greeting')
  })
}

test('the server ends when the command is killed', async (t) => {
  const { dev } = await project(t)
  const pid = await pidOf(await apiOf(dev))
  dev.kill('SIGKILL')
  await ended(pid)
})

test('a change restarts the server, also after editors that replace the file', async (t) => {
  const { dev, server } = await project(t)
  const pid = await pidOf(await apiOf(dev))
  for (const starts of [2, 3]) {
    writeFileSync(`${server}.tmp`, serverOf(`{ pid: process.pid, starts: ${starts} }`))
    renameSync(`${server}.tmp`, server)
    const body = await (await fetch(`${await apiOf(dev, starts)}/text`)).json()
    t.match(body, { starts })
  }
  t.notOk(isRunning(pid))
})

test('a greeting that did not change is not printed again', async (t) => {
  const { dev, directory } = await project(t)
  await apiOf(dev)
  const port = new URL(await apiOf(dev)).port
  const tenantPort = /TENANT_PORT=(\d+)/.exec(dev.output.stdout)?.[1]
  dev.kill('SIGTERM')
  await dev.exit
  const fixed = start(
    t,
    'cli/main.ts',
    { ...ENVIRONMENT, PORT: port, TENANT_PORT: `${tenantPort}` },
    ['dev'],
  )
  await apiOf(fixed)
  const file = join(directory, 'local-tenant.json')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)
  await fixed.says(/Restarted: local-tenant\.json has changed\.\n/)
  t.equal(fixed.output.stdout.split('Personas').length, 2)
})

test('a mistake in a file is reported, and the server starts when it is fixed', async (t) => {
  const { dev, server } = await project(t)
  await apiOf(dev)
  writeFileSync(server, 'export default 1')
  await dev.says(/is not the definition of a server.*The server has ended\. It starts after the/s)
  writeFileSync(server, serverOf('{ fixed: true }'))
  t.match(await (await fetch(`${await apiOf(dev, 2)}/text`)).json(), { fixed: true })
})

test('a server in an endless loop is killed', async (t) => {
  const { dev, server } = await project(t)
  const api = await apiOf(dev)
  const pid = await pidOf(api)
  const answer = fetch(`${api}/loop`).catch((error: Error) => error)
  writeFileSync(server, serverOf('{}'))
  await apiOf(dev, 2)
  t.notOk(isRunning(pid))
  t.ok((await answer) instanceof Error)
})

test('a failed first start ends the command', async (t) => {
  const { dev, directory } = await project(t)
  await apiOf(dev)
  dev.kill('SIGTERM')
  await dev.exit
  rmSync(join(directory, 'src'), { recursive: true })
  const missing = start(t, 'cli/main.ts', ENVIRONMENT, ['dev'])
  t.strictSame(await missing.exit, { code: 1, signal: null })
  t.match(missing.output.stderr, /^src\/server\.ts does not exist/)
  const production = start(t, 'cli/main.ts', { ...ENVIRONMENT, NODE_ENV: 'production' }, ['dev'])
  t.strictSame(await production.exit, { code: 1, signal: null })
})
