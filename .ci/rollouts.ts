/**
 * Runs three processes of the built server behind HAProxy and behind nginx, with the files of deploy/proxies,
 * with the default times of production, and with requests all the time (GET and POST, on connections that are
 * kept and on new ones): a rolling restart, `kill -9` of one process, and a restart of Redis. Prints how many
 * requests were lost in each, and `Rollouts: N passed, N failed`. Takes about a minute.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/support/process.ts'
import { until } from '../test/support/until.ts'
import {
  PROXY_NAMES,
  type ProxyName,
  startProxyFile,
  untilListening,
  writeCertificate,
} from './proxy-files.ts'
import { runChecks } from './run-checks.ts'
import { AUDIENCE, createSigner } from './signer.ts'

const PROCESSES = 3
const WORKERS = 15
const PAUSE_MS = 10
/** How long the tenant takes to send its keys. A process that listens earlier has none yet. */
const KEYS_DELAY_MS = 300

const directory = mkdtempSync(join(tmpdir(), 'rollouts-'))
const handled = join(directory, 'handled')
writeFileSync(handled, '')
const cert = writeCertificate(directory)
const children = new Set<ChildProcess>()
// Also after an error at the start.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, {
    env: { PATH: String(process.env['PATH']), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

// The tenant. Production needs https.
const signer = await createSigner()
const tenant = createServer(
  { cert, key: readFileSync(join(directory, 'api.key')) },
  async (_request, response) => {
    await sleep(KEYS_DELAY_MS)
    response.end(signer.jwks)
  },
)
await once(tenant.listen(0, '127.0.0.1'), 'listening')
const issuer = `https://localhost:${(tenant.address() as AddressInfo).port}`
const token = await signer.sign(issuer)

const redisPort = await freePort()
async function startRedis(): Promise<ChildProcess> {
  const args = ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = run(process.env['REDIS_SERVER'] ?? 'redis-server', [
    ...args,
    ...['--logfile', '/dev/null'],
  ])
  await untilListening(redisPort)
  return redis
}

interface Api {
  readonly port: number
  process: ChildProcess
}

async function startApi(port: number): Promise<ChildProcess> {
  const api = run(process.execPath, ['.ci/rollouts-product.js'], {
    NODE_ENV: 'production',
    NODE_EXTRA_CA_CERTS: join(directory, 'api.pem'),
    AUTH0_DOMAIN: issuer,
    AUTH0_AUDIENCE: AUDIENCE,
    CLIENT_ORIGIN_URL: 'https://app.test',
    HOST: '127.0.0.1',
    PORT: String(port),
    TRUST_PROXY: 'loopback',
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    HANDLED: handled,
    // The machine also runs the load and two proxies. Load shedding has tests of its own.
    MAX_EVENT_LOOP_DELAY: '0',
    ...overrides(),
  })
  await until(() =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return api
}

/** For measurements: `DRAIN_TIME=1 KEYS_START_TIMEOUT=0 tsx .ci/rollouts.ts`. */
function overrides(): Record<string, string> {
  const names = ['DRAIN_TIME', 'KEYS_START_TIMEOUT']
  return Object.fromEntries(names.flatMap((name) => [[name, process.env[name] ?? '']]))
}

let redis = await startRedis()
const apis: Api[] = await Promise.all(
  Array.from({ length: PROCESSES }, async () => {
    const port = await freePort()
    return { port, process: await startApi(port) }
  }),
)
const ports = apis.map(({ port }) => port)
const proxies = await Promise.all(
  PROXY_NAMES.map(async (name) => {
    const { port } = await startProxyFile(name, directory, ports)
    return { name, port }
  }),
)

/** What the clients of a proxy got, by the status, or by the error if there was no response. */
const results = new Map(proxies.map(({ name }) => [name, new Map<string, number>()] as const))
let isRunning = true
let sequence = 0

async function worker(name: string, port: number, counts: Map<string, number>, number: number) {
  const method = number % 2 === 0 ? 'GET' : 'POST'
  const agent = number % 4 < 2 ? new Agent({ keepAlive: true, maxSockets: 1 }) : false
  while (isRunning) {
    sequence += 1
    const result = await call(port, `/calls/${name}-${sequence}`, method, agent)
    counts.set(result, (counts.get(result) ?? 0) + 1)
    await sleep(PAUSE_MS)
  }
  if (agent) agent.destroy()
}

async function call(port: number, path: string, method: string, agent: Agent | false) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sent = request({ host: '127.0.0.1', port, path, method, agent, headers, timeout: 20_000 })
  sent.on('timeout', () => sent.destroy(new Error('timeout')))
  sent.end(method === 'POST' ? '{"note":"for a body"}' : undefined)
  try {
    const [response] = await once(sent, 'response')
    for await (const _ of response);
    return String(response.statusCode)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message
  }
}

/** Counts what clients get while a step runs. @param most that each proxy may lose */
async function during(title: string, most: Record<ProxyName, number>, step: () => Promise<void>) {
  for (const counts of results.values()) counts.clear()
  const begin = performance.now()
  await step()
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  const faults: string[] = []
  for (const [name, counts] of results) {
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
    const lost = all - (counts.get('200') ?? 0)
    const reasons = [...counts]
      .filter(([result]) => result !== '200')
      .map(([...all]) => all.join(': '))
    const line = `${title}, ${name}: ${[`${lost} of ${all} lost in ${seconds} s`, ...reasons].join(', ')}`
    console.log(line)
    if (all === 0 || lost > most[name]) faults.push(line)
  }
  if (faults.length > 0) throw new Error(faults.join('; '))
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  await once(child, 'exit')
}

/**
 * nginx has no health checks, so it uses a process until its port is closed. A connection that the system has
 * made and the process has not accepted at that moment is reset.
 */
async function rollingRestart(): Promise<void> {
  await during('rolling restart', { haproxy: 0, nginx: PROCESSES }, async () => {
    for (const api of apis) {
      await end(api.process, 'SIGTERM')
      api.process = await startApi(api.port)
    }
    await sleep(1_000)
  })
}

/** What is lost is in flight: one request of each client at most. */
async function killedProcess(): Promise<void> {
  const [api] = apis as [Api]
  await during('kill -9', { haproxy: WORKERS, nginx: WORKERS }, async () => {
    await end(api.process, 'SIGKILL')
    await sleep(4_000)
    api.process = await startApi(api.port)
  })
}

async function redisRestart(): Promise<void> {
  await during('restart of Redis', { haproxy: 0, nginx: 0 }, async () => {
    await end(redis, 'SIGTERM')
    await sleep(2_000)
    redis = await startRedis()
    await sleep(2_000)
  })
}

async function noRepetition(): Promise<void> {
  const ids = readFileSync(handled, 'utf8').trimEnd().split('\n')
  console.log(`${ids.length} requests handled`)
  const repeated = ids.length - new Set(ids).size
  if (repeated > 0) throw new Error(`${repeated} requests were handled twice`)
}

const workers = proxies.flatMap(({ name, port }) => {
  const counts = results.get(name) as Map<string, number>
  return Array.from({ length: WORKERS }, (_, number) => worker(name, port, counts, number))
})
// HAProxy knows the state of the servers after its first checks.
await sleep(3_000)
await runChecks(
  'Rollouts',
  Object.entries({ rollingRestart, killedProcess, redisRestart, noRepetition }),
)
isRunning = false
await Promise.all(workers)
process.exit()
