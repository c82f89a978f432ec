/**
 * Runs the built server with the options of docs/operations.md for a container of 128 MiB, with 4,000 live
 * tokens, 50 connections and 16,000 requests. Where this process may create a control group, the server runs
 * in one with that limit and without swap: the kernel would kill it beyond. Prints the figures, and
 * `Memory: N passed, N failed`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { runChecks } from './run-checks.ts'
import { AUDIENCE, createSigner } from './signer.ts'

const LIMIT_BYTES = 128 * 1024 * 1024
const HEAP = ['--max-old-space-size=64', '--max-semi-space-size=2', '--enable-source-maps']
const TOKENS = 4_000
const CONNECTIONS = 50
const REQUESTS = 16_000

const signer = await createSigner()
const tenant = createServer((_request, response) => response.end(signer.jwks))
await once(tenant.listen(0, '127.0.0.1'), 'listening')
const issuer = `http://127.0.0.1:${(tenant.address() as AddressInfo).port}`

/** The folder of a new control group with the limit, of version 1 or 2; undefined if it cannot be created. */
function createControlGroup(): string | undefined {
  const name = `messages-api-${process.pid}`
  const versions = [
    [`/sys/fs/cgroup/memory/${name}`, 'memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'],
    [`/sys/fs/cgroup/${name}`, 'memory.max', 'memory.swap.max'],
  ] as const
  for (const [folder, limit, swap] of versions) {
    try {
      mkdirSync(folder)
    } catch {
      continue
    }
    try {
      writeFileSync(`${folder}/${limit}`, String(LIMIT_BYTES))
      // Version 1 counts memory and swap, version 2 swap alone.
      writeFileSync(`${folder}/${swap}`, limit === 'memory.max' ? '0' : String(LIMIT_BYTES))
      return folder
    } catch {
      rmdirSync(folder)
    }
  }
  return undefined
}

const group = createControlGroup()
const enter = group === undefined ? '' : `echo $$ > ${group}/cgroup.procs && `
const server = spawn(
  'sh',
  ['-c', `${enter}exec "$@"`, 'sh', process.execPath, ...HEAP, 'dist/main.js'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      AUTH0_DOMAIN: issuer,
      AUTH0_AUDIENCE: AUDIENCE,
      CLIENT_ORIGIN_URL: 'https://app.test',
      HOST: '127.0.0.1',
      PORT: '0',
      DRAIN_TIME: '0',
      // The machine also signs the tokens. Load shedding has tests of its own.
      MAX_EVENT_LOOP_DELAY: '0',
    },
  },
)
const ended = once(server, 'exit')
const port = await new Promise<number>((resolve) => {
  createInterface(server.stdout).on('line', (line) => {
    const found = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(line)
    if (found !== null) resolve(Number(found[1]))
  })
})

/** A value of /proc/<pid>/status in bytes, such as the most resident memory (VmHWM). */
function memory(name: 'VmRSS' | 'VmHWM' | 'RssFile'): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
}

const statuses = new Map<number | string, number>()

async function call(agent: Agent, token: string): Promise<void> {
  const status = await new Promise<number | string>((resolve) => {
    const headers = { authorization: `Bearer ${token}` }
    get(
      { host: '127.0.0.1', port, path: '/api/messages/protected', agent, headers },
      (response) => {
        response.resume().once('end', () => resolve(Number(response.statusCode)))
      },
    ).once('error', ({ message }) => resolve(message))
  })
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
}

const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`
const atStart = memory('VmRSS')
const tokens: string[] = []
for (let index = 0; index < TOKENS; index += 1) {
  tokens.push(await signer.sign(issuer, { sub: `auth0|${index}`, jti: `${index}` }))
}
let next = 0
await Promise.all(
  Array.from({ length: CONNECTIONS }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (next < REQUESTS) await call(agent, String(tokens[next++ % TOKENS]))
    agent.destroy()
  }),
)
const isAlive = server.exitCode === null && server.signalCode === null
const most = isAlive ? memory('VmHWM') : Number.NaN
const ofFiles = isAlive ? memory('RssFile') : Number.NaN
const place = group === undefined ? 'no control group can be created here' : 'in a control group'
console.log(
  `128 MiB, ${place}, Node ${process.version}: ${megabytes(atStart)} resident at the start, ` +
    `${megabytes(most)} at most, ${megabytes(ofFiles)} of it pages of files; responses ${JSON.stringify(Object.fromEntries(statuses))}`,
)
server.kill('SIGTERM')
const [code, signal] = await ended
tenant.closeAllConnections()
tenant.close()
if (group !== undefined) rmdirSync(group)

await runChecks('Memory', [
  [
    'each request has a response, and the process ends by itself',
    async () => {
      if (statuses.get(200) !== REQUESTS) throw new Error('not each response is 200')
      if (code !== 0) throw new Error(`exit code ${code}, signal ${signal}`)
    },
  ],
  [
    'the process stays below the limit',
    async () => {
      // The kernel can drop pages of files, and counts those that processes share once.
      if (!(most - ofFiles < LIMIT_BYTES)) throw new Error(megabytes(most - ofFiles))
    },
  ],
])
