import { writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { ENVIRONMENT } from '../support/app.ts'
import { PUBLIC } from '../support/probe-routes.ts'
import { type Program, serve, start } from '../support/process.ts'
import { KEY } from '../support/tokens/keys.ts'

const PROGRAM = '../test/support/product/probe-main.ts'

const PLACE = { ...ENVIRONMENT, PORT: '0', HOST: '127.0.0.1', DRAIN_TIME: '0' }

/** The lines of the log with an event. */
function events({ output }: Program, event: string): Record<string, unknown>[] {
  return output.stdout
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`) && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let times = 0; times < 1_200; times += 1) {
    if (await condition()) return
    await sleep(50)
  }
  throw new Error('The condition was not met in time')
}

/** The status of a request on a connection of its own. */
function newConnection(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().on('end', () => resolve(Number(response.statusCode)))
    }).on('error', reject)
  })
}

/** A server of two workers that are ready. */
async function fleet(t: Test, environment: Record<string, string> = {}) {
  const issuer = await serve(t, (_request, response) =>
    response.end(JSON.stringify({ keys: [KEY.jwk] })),
  )
  const variables = { ...PLACE, AUTH0_DOMAIN: issuer, WORKERS: '2', ...environment }
  const program = start(t, PROGRAM, variables)
  const [, url = ''] = await program.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  await program.says(/"event":"workers_ready"/)
  const listening = () =>
    program.output.stdout.split('\n').filter((line) => line.includes('listening at'))
  const pids = () => listening().map((line) => Number((JSON.parse(line) as { pid: number }).pid))
  return { program, url, pids, status: async (path: string) => (await fetch(url + path)).status }
}

test('workers share a port, their metrics are one, and a signal ends all of them', async (t) => {
  const { program, url, pids, status } = await fleet(t, { METRICS_PORT: '0' })
  t.equal(new Set(pids()).size, 2)
  await until(async () => (await status('/readyz')) === 200)
  for (let times = 0; times < 10; times += 1) t.equal(await status(PUBLIC), 200)
  const [{ port, worker } = {}] = events(program, 'metrics_listening')
  t.equal(worker, 0, 'the primary serves the metrics')
  const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const text = await scrape()
  const counted = new RegExp(`seconds_count{route="${PUBLIC}",method="GET",status="200"} 10\n`)
  t.match(text, counted, 'of all workers')
  t.match(text, /^keys_known{issuer="[^"]+"} 1$/m, 'not the sum')

  const [stopped = 0] = pids()
  process.kill(stopped, 'SIGSTOP')
  t.match(await scrape(), /^http_request_duration_seconds_count/m, 'without one that hangs')
  process.kill(stopped, 'SIGCONT')

  program.kill('SIGTERM')
  t.strictSame(await program.exit, { code: 0, signal: null })
  const finished = events(program, 'shutdown_finished')
  t.strictSame(
    finished.map((line) => line['pid']).sort(),
    pids().sort(),
    'each line has the pid of its worker',
  )
  await t.rejects(fetch(url))
})

test('a reload replaces one worker after the other, and loses no request', async (t) => {
  const { program, url, pids } = await fleet(t, { DRAIN_TIME: '0.3' })
  const before = pids()
  let over = false
  const statuses = new Set<number>()
  const load = (async () => {
    while (!over) statuses.add(await newConnection(url + PUBLIC))
  })()
  program.kill('SIGHUP')
  await program.says(/"event":"reload_started"/)
  program.kill('SIGUSR2')
  await program.says(/"event":"reload_ignored"/)
  await program.says(/"event":"reload_finished"/)
  over = true
  await load
  t.strictSame([...statuses], [200])
  t.equal(new Set(pids()).size, 4)
  t.strictSame(
    events(program, 'shutdown_finished')
      .map((line) => line['pid'])
      .sort(),
    before.sort(),
  )
  t.strictSame(events(program, 'worker_ended'), [])
})

test('a reload that fails leaves the workers as they are', async (t) => {
  const { program, pids, status } = await fleet(t)
  writeFileSync(`${t.testdirName}/.env`, 'CLOCK_TOLERANCE=wrong\n')
  program.kill('SIGHUP')
  await program.says(/"event":"reload_failed"/)
  t.match(events(program, 'worker_failed'), [{ reason: /CLOCK_TOLERANCE is invalid/ }])
  t.equal(await status(PUBLIC), 200)
  t.equal(pids().length, 2)
})

test('a worker that ends is replaced, and workers that keep ending end the server', async (t) => {
  const { program, pids, status } = await fleet(t)
  const kill = async (signal: NodeJS.Signals) => {
    const known = pids()
    process.kill(Number(known.at(-1)), signal)
    await until(() => pids().length > known.length)
  }
  await kill('SIGTERM')
  t.match(events(program, 'worker_ended'), [{ level: 50, reason: 0 }])
  t.equal(await status(PUBLIC), 200)
  for (let times = 0; times < 4; times += 1) await kill('SIGKILL')
  process.kill(Number(pids().at(-1)), 'SIGKILL')
  t.strictSame(await program.exit, { code: 1, signal: null })
  t.match(events(program, 'workers_failing'), [{ level: 60, crashes: 6 }])
})

test('a second signal ends all processes at once', async (t) => {
  const { program, url } = await fleet(t, { DRAIN_TIME: '60', SHUTDOWN_TIMEOUT: '90' })
  program.kill('SIGTERM')
  await until(() => events(program, 'drain_started').length === 2)
  program.kill('SIGINT')
  t.strictSame(await program.exit, { code: 1, signal: null })
  await t.rejects(fetch(url))
})

test('what keeps all workers from starting is one message, and exit code 1', async (t) => {
  const taken = new URL(await serve(t, (_request, response) => response.end())).port
  const environment = { ...PLACE, WORKERS: '2' }
  const busy = start(t, PROGRAM, { ...environment, PORT: taken })
  const metrics = start(t, PROGRAM, { ...environment, METRICS_PORT: taken })
  const wrong = start(t, PROGRAM, { ...environment, WORKERS: 'many' })
  t.strictSame(await busy.exit, { code: 1, signal: null })
  t.match(busy.output.stderr, /^Port \d+ is in use\. [^\n]+ set PORT to another port\.\n$/)
  t.strictSame(await metrics.exit, { code: 1, signal: null })
  t.match(metrics.output.stderr, /^Port \d+ is in use\. [^\n]+ set METRICS_PORT[^\n]+\n$/)
  t.strictSame(await wrong.exit, { code: 1, signal: null })
  t.match(wrong.output.stderr, /^Invalid configuration:\n {2}WORKERS is invalid: expected a number/)
})

test('a signal while workers start ends them', async (t) => {
  const silent = await serve(t, () => {})
  const program = start(t, PROGRAM, { ...PLACE, AUTH0_DOMAIN: silent, WORKERS: '2' })
  await program.says(/listening at/)
  program.kill('SIGHUP')
  await program.says(/"event":"reload_ignored"/)
  program.kill('SIGTERM')
  t.strictSame(await program.exit, { code: 0, signal: null })
})

test('one process: no worker, and a request to reload does not end it', async (t) => {
  for (const environment of [PLACE, { ...PLACE, WORKERS: '1' }]) {
    const program = start(t, PROGRAM, environment)
    await program.says(/listening at/)
    program.kill('SIGHUP')
    await program.says(/"event":"reload_ignored"/)
    t.notMatch(program.output.stdout, /"worker"/)
    program.kill('SIGTERM')
    t.strictSame(await program.exit, { code: 0, signal: null })
  }
})

test('in the cluster of another program, a process serves alone', async (t) => {
  const main = new URL('../support/product/probe-main.ts', import.meta.url).href
  const directory = t.testdir({
    'launcher.mjs': `import cluster from 'node:cluster'
if (cluster.isPrimary) {
  const worker = cluster.fork()
  process.on('SIGTERM', () => worker.process.kill('SIGTERM'))
  worker.on('exit', (code) => process.exit(code))
} else await import(${JSON.stringify(main)})
`,
  })
  const program = start(t, `${directory}/launcher.mjs`, { ...PLACE, WORKERS: '2' })
  await program.says(/listening at/)
  program.kill('SIGTERM')
  t.strictSame(await program.exit, { code: 0, signal: null })
  t.notMatch(program.output.stdout, /"worker"/)
})
