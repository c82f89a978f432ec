import { join } from 'node:path'
import type { Test } from 'tap'
import { type Program, start } from '../process.ts'
import { writeTenantKeys } from '../tokens/key-cache.ts'

const ENVIRONMENT = { PORT: '0', TENANT_PORT: '0', MAX_EVENT_LOOP_DELAY: '0', LOG_LEVEL: 'warn' }

const TENANT = {
  api: { identifier: 'https://notes.example' },
  roles: { editor: ['write:notes'] },
  personas: [{ name: 'eve', roles: ['editor'], organizations: ['org_blue'] }, { name: 'bob' }],
  organizations: [{ id: 'org_blue' }],
  clients: [{ id: 'app', redirectUris: 'loopback' }],
}

/** A server with a route that answers a text, and one that never ends. */
export const serverOf = (text: string) => `
export default {
  routes: [async (app) => {
    app.get('/text', { config: { access: 'public' } }, () => (${text}))
    app.get('/pid', { config: { access: { permissions: ['write:notes'] } } }, () => ({}))
    app.get('/blue', { config: { access: { organizations: ['org_blue'] } } }, () => ({}))
    app.get('/never', { config: { access: { scopes: ['write:all'] } } }, () => ({}))
    app.get('/loop', { config: { access: 'public' } }, () => { for (;;); })
  }],
}`

/** Creates a project, and starts `dev` in it. */
export async function project(
  t: Test,
  environment: Record<string, string> = {},
  args: readonly string[] = [],
) {
  const directory = t.testdir({
    'package.json': JSON.stringify({
      type: 'module',
      'messages-api': { server: 'src/server.ts', tenant: 'local-tenant.json' },
    }),
    'local-tenant.json': JSON.stringify(TENANT),
    src: { 'server.ts': serverOf('{ pid: process.pid }') },
  })
  await writeTenantKeys(join(directory, '.local-tenant'))
  const dev = startDev(t, environment, args)
  return { dev, server: join(directory, 'src/server.ts'), directory }
}

/** The API of the last start, as soon as it has started that many times. */
export async function apiOf(dev: Program, starts = 1): Promise<string> {
  const greetings = Array(starts).fill('API +(http://localhost:\\d+)').join('.*')
  return String((await dev.says(new RegExp(greetings, 's'))).at(-1))
}

export async function pidOf(api: string): Promise<number> {
  return ((await (await fetch(`${api}/text`)).json()) as { pid: number }).pid
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits until a process has ended. */
export async function ended(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Starts `dev` in the project of the test. It stops as it does for Ctrl-C, before the test ends. */
export function startDev(
  t: Test,
  environment: Record<string, string> = {},
  args: readonly string[] = [],
): Program {
  const dev = start(t, 'cli/main.ts', { ...ENVIRONMENT, ...environment }, ['dev', ...args])
  t.teardown(async () => {
    dev.kill('SIGINT')
    await dev.exit
  })
  return dev
}
