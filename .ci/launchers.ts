/**
 * Runs the built server under pm2 from the registry, in fork and in cluster mode, started directly, by
 * a symbolic link, and by a program that imports it. Each has to serve requests, to have its log in
 * pm2's file, and to shut down when pm2 stops it. Runs `npm start` and `npm run dev`, too, which end with
 * the server when they get a signal. Prints `Launchers: N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runChecks } from './run-checks.ts'

const VERSION = '7.0.4'
const DEADLINE_MS = 60_000
const SCRIPTS = [
  'start',
  // #region local-tenant
  'dev',
  // #endregion local-tenant
]
const MODES = { fork: [], cluster: ['-i', '2'] }

const main = resolve('dist/main.js')
const directory = mkdtempSync(join(tmpdir(), 'pm2-'))
const programs = { main, link: join(directory, 'link.js'), wrapper: join(directory, 'wrapper.mjs') }
symlinkSync(main, programs.link)
writeFileSync(programs.wrapper, `await import(${JSON.stringify(main)})\n`)
writeFileSync(join(directory, 'package.json'), '{"private":true}')

const issuer = createServer((_request, response) => response.end('{"keys":[]}'))
await once(issuer.listen(0, '127.0.0.1'), 'listening')

const env = {
  PATH: process.env['PATH'],
  HOME: directory,
  PM2_HOME: join(directory, 'home'),
  AUTH0_DOMAIN: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`,
  AUTH0_AUDIENCE: 'https://api.test',
  CLIENT_ORIGIN_URL: 'http://localhost:4040',
  HOST: '127.0.0.1',
  PORT: '0',
  DRAIN_TIME: '0',
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: directory,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`)
}

const pm2 = (...args: readonly string[]) => run(join(directory, 'node_modules/.bin/pm2'), ...args)

/** @returns the first group of the pattern, as soon as the text has as many matches as there are processes */
async function found(read: () => string, pattern: RegExp, processes = 1): Promise<string> {
  const deadline = Date.now() + DEADLINE_MS
  for (;;) {
    const text = read()
    const matches = [...text.matchAll(pattern)]
    const [, group = ''] = matches[0] ?? []
    if (matches.length >= processes) return group
    if (Date.now() > deadline) throw new Error(`The output does not have ${pattern}:\n${text}`)
    await setTimeout(50)
  }
}

async function checkPm2(name: string, program: string, args: readonly string[]): Promise<void> {
  const log = join(directory, `${name}.log`)
  writeFileSync(log, '')
  const read = () => readFileSync(log, 'utf8')
  const processes = Number(args[1] ?? 1)
  pm2('start', program, '--name', name, '--merge-logs', '--output', log, '--error', log, ...args)
  const url = await found(read, /listening at (http:\/\/127\.0\.0\.1:\d+)/g, processes)
  const { status } = await fetch(`${url}/livez`)
  if (status !== 200) throw new Error(`/livez: ${status}`)
  pm2('stop', name)
  await found(read, /"event":"shutdown_finished"/g, processes)
}

/** A supervisor signals npm, and npm passes the signal on to what the script has become. */
async function checkNpm(script: string): Promise<void> {
  const npm = spawn('npm', ['run', script], { env: { ...env, TENANT_PORT: '0' } })
  const ended = once(npm, 'exit')
  let output = ''
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (data) => (output += data))
  try {
    const url = await found(() => output, /(?:listening at|server) +(http:\/\/[\w.]+:\d+)/gi)
    await fetch(`${url}/livez`)
    npm.kill('SIGTERM')
    await ended
    const isGone = await fetch(`${url}/livez`).then(
      () => false,
      () => true,
    )
    if (!isGone) throw new Error(`The server outlives npm:\n${output}`)
  } finally {
    npm.kill('SIGKILL')
  }
}

const pm2Checks = Object.entries(MODES).flatMap(([mode, args]) =>
  Object.entries(programs).map(([kind, program]) => {
    const name = `${mode}-${kind}`
    return [`pm2 ${name}`, () => checkPm2(name, program, args)] as const
  }),
)
const npmChecks = SCRIPTS.map((script) => [`npm run ${script}`, () => checkNpm(script)] as const)

try {
  run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', `pm2@${VERSION}`)
  await runChecks('Launchers', [...npmChecks, ...pm2Checks])
} finally {
  pm2('kill')
  issuer.close()
  issuer.closeAllConnections()
  rmSync(directory, { recursive: true, force: true })
}
