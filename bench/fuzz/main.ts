/**
 * `npm run fuzz [-- --seconds 60 --seed 1]`: the built server under requests from a grammar, well-formed
 * and not, over raw connections. It is a test from outside: one response for each request, as the HTTP
 * contract has it, never a 5xx, a running process, and memory and file descriptors back at rest.
 *
 * Prints what it finds with the bytes that were sent, and exits with 1. `--connection 7` repeats one
 * connection of a seed: all bytes are the same, except for the values of tokens.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Exchange, exchange } from './exchange.ts'
import { createPlan, type Plan } from './plans.ts'
import { startServer } from './process.ts'
import { Random } from './random.ts'
import { startTenant } from './tenant.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    connection: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed)
const only = values.connection === undefined ? undefined : Number(values.connection)
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error('--seconds is a number above 0, --seed a whole number.')
  process.exit(2)
}

const CONCURRENCY = 24
const MAX_FINDINGS = 20
const MAX_SHOWN = 2_000
/** Caches fill up to their limits, in the first connections mostly. */
const MAX_GROWTH_BYTES = 24 * 1024 * 1024
const REST_MS = 15_000
const LINGER_MS = 2_500
/** Of pino: an error. */
const ERROR_LEVEL = 50

const findings = new Map<string, number>()
const statuses = new Map<number, number>()
const requestIds = new Set<string>()

function report(problem: string, details: readonly string[]): void {
  const count = findings.get(problem) ?? 0
  findings.set(problem, count + 1)
  if (count === 0) console.log(`\nFOUND  ${problem}\n${details.join('\n')}`)
}

const tenant = await startTenant()
const server = await startServer(tenant.issuer, checkLine)
console.log(`fuzz: Node ${process.version}, --seed ${seed}, ${seconds} s`)

let next = only ?? 0
let requests = 0
await waitUntilReady()
const warmUp = Math.min(5, seconds / 4)
await runFor(warmUp)
// For this time, the server keeps a connection after its last response.
await sleep(LINGER_MS)
const restBefore = { memory: await server.memory(), descriptors: server.descriptors() }
await runFor(only === undefined ? seconds - warmUp : 0)

if (server.exit === undefined) {
  const descriptors = await descriptorsAtRest(restBefore.descriptors)
  const growth = (await server.memory()) - restBefore.memory
  const megabytes = `${(growth / 1024 / 1024).toFixed(1)} MB`
  console.log(
    `at rest: ${descriptors} file descriptors (${restBefore.descriptors} before), ${megabytes} more memory`,
  )
  if (descriptors > restBefore.descriptors) report(`file descriptors: ${descriptors}`, [])
  if (growth > MAX_GROWTH_BYTES) report(`memory: ${megabytes} more`, [])
  const code = await server.stop()
  if (code !== 0) report(`exit code ${code}`, [])
}
tenant.close()
const counts = [...statuses]
  .sort(([a], [b]) => a - b)
  .map(([status, count]) => `${status}: ${count}`)
console.log(`${next} connections, ${requests} requests, responses ${counts.join(', ')}`)
for (const [problem, count] of findings) console.log(`FOUND  ${problem} (${count} times)`)
console.log(findings.size === 0 ? 'ok  nothing found' : `FAIL  --seed ${seed}`)
process.exitCode = findings.size === 0 ? 0 : 1

/** Follows plans, always so many at once. */
async function runFor(duration: number): Promise<void> {
  const deadline = performance.now() + duration * 1000
  const isOver = () =>
    server.exit !== undefined || findings.size >= MAX_FINDINGS || performance.now() > deadline
  const work = async () => {
    while (!isOver()) {
      const number = next
      next += 1
      const plan = createPlan(new Random(seed, number), tenant.tokens, number)
      await follow(plan)
      if (only !== undefined) return
    }
  }
  await Promise.all(Array.from({ length: only === undefined ? CONCURRENCY : 1 }, work))
}

async function follow(plan: Plan): Promise<void> {
  requests += plan.requests.length
  const found = await exchange(server.port, plan).catch((error: Error): Exchange => {
    const problem = server.exit === undefined ? error.message : `the process ended: ${server.exit}`
    return { received: '', problems: [problem], responses: [] }
  })
  const problems = [...found.problems]
  for (const { status, fields } of found.responses) {
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const id = String(fields.get('x-request-id'))
    if (status >= 200 && requestIds.has(id)) problems.push('a request id that was used before')
    requestIds.add(id)
  }
  for (const problem of new Set(problems)) report(problem, describe(plan, found.received))
}

function describe({ number, steps, end, requests: sent }: Plan, received: string): string[] {
  const shown = (value: unknown) => {
    const text = JSON.stringify(value).replaceAll(/eyJ[\w-]+\.[\w-]*\.[\w-]*/g, '<token>')
    return text.length > MAX_SHOWN
      ? `${text.slice(0, MAX_SHOWN / 2)} … ${text.slice(-MAX_SHOWN / 2)}`
      : text
  }
  return [
    `repeat   npm run fuzz -- --seed ${seed} --connection ${number}`,
    `steps    ${shown(steps)}`,
    `end      ${end}`,
    `expected ${shown(sent.map(({ statuses, ends }) => ({ statuses, ends })))}`,
    `received ${shown(received)}`,
  ]
}

/** A line of the log is an object without a text of a request, and no error. */
function checkLine(line: string): void {
  // The line of an unknown host has that host. The fuzz is a trusted proxy, whose own id is logged.
  const own = line.replace(/"proxyRequestId":"[\w.:;=+/@-]{1,128}",/, '')
  if (own.includes('PLANTED') && !own.includes('"event":"host_not_allowed"'))
    report('the log repeats a request', [line])
  try {
    if (JSON.parse(line).level >= ERROR_LEVEL) report('an error in the log', [line])
  } catch {
    report('a line of the log is not JSON', [line])
  }
}

async function waitUntilReady(): Promise<void> {
  for (let status = 503; status === 503; ) {
    status = (await fetch(`http://127.0.0.1:${server.port}/readyz`)).status
  }
}

/** Waits until there are no more than before, or the time is over. */
async function descriptorsAtRest(wanted: number): Promise<number> {
  const deadline = performance.now() + REST_MS
  for (;;) {
    // A new connection shows that the server is responsive.
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    await once(socket, 'close')
    const count = server.descriptors()
    if (count <= wanted || performance.now() > deadline) return count
    await sleep(100)
  }
}
