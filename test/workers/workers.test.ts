import { test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
import { type Program, serve, start } from '../support/process.ts'
import { KEY } from '../support/tokens/keys.ts'
import { until } from '../support/until.ts'
import { end, events, fleet, PLACE, PROGRAM, scrape } from './fleet.ts'
import { workersOf } from './workers-of.ts'

test('workers share a port, their metrics are one, and a signal ends all of them', async (t) => {
  const { program, url, pids, status } = await fleet(t, { METRICS_PORT: '0' })
  t.equal(new Set(pids()).size, 2)
  await until(async () => (await status('/readyz')) === 200)
  for (let times = 0; times < 10; times += 1) t.equal(await status(PUBLIC), 200)
  t.match(events(program, 'metrics_listening'), [{ worker: 0 }], 'the primary serves the metrics')
  const text = await scrape(program)
  const counted = new RegExp(`seconds_count{route="${PUBLIC}",method="GET",status="200"} 10\n`)
  t.match(text, counted, 'of all workers')
  t.match(text, /^keys_known{issuer="[^"]+"} 1$/m, 'not the sum')

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

test('no worker is ready until all are', async (t) => {
  const held: (() => void)[] = []
  let isOpen = true
  const issuer = await serve(t, (_request, response) => {
    const answer = () => void response.end(JSON.stringify({ keys: [KEY.jwk] }))
    if (isOpen) answer()
    else held.push(answer)
    isOpen = false
  })
  const program = start(t, PROGRAM, { ...PLACE, AUTH0_DOMAIN: issuer, WORKERS: '2' })
  const [, url = ''] = await program.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  const answers = new Set<string>()
  await until(async () => {
    answers.add(await (await fetch(`${url}/readyz`, { headers: { connection: 'close' } })).text())
    return [...answers].some((text) => text.includes('workers'))
  })
  t.notOk(
    [...answers].some((text) => text.includes('ready"')),
    'no worker says that it is ready',
  )
  isOpen = true
  for (const answer of held) answer()
  await program.says(/"event":"workers_ready"/)
  await end(t, program)
})

test('what keeps all workers from starting is one message, and exit code 1', async (t) => {
  const taken = new URL(await serve(t, (_request, response) => response.end())).port
  const environment = { ...PLACE, WORKERS: '2' }
  const busy = start(t, PROGRAM, { ...environment, PORT: taken })
  const metrics = start(t, PROGRAM, { ...environment, METRICS_PORT: taken })
  const wrong = start(t, PROGRAM, { ...environment, WORKERS: 'many' })
  /** Of the only line on the error output. */
  const message = ({ output }: Program) => (JSON.parse(output.stderr) as { msg: string }).msg
  t.strictSame(await busy.exit, { code: 1, signal: null })
  t.match(message(busy), /^Port \d+ is in use\. .+ set PORT to another port\.$/)
  t.strictSame(await metrics.exit, { code: 1, signal: null })
  t.match(message(metrics), /^Port \d+ is in use\. .+ set METRICS_PORT.+$/)
  t.strictSame(await wrong.exit, { code: 1, signal: null })
  t.match(message(wrong), /^Invalid configuration:\n {2}WORKERS is invalid: expected a number/)
})

test('a signal ends workers that have just been started', async (t) => {
  const program = start(t, PROGRAM, { ...PLACE, WORKERS: '2', SHUTDOWN_TIMEOUT: '600' })
  await until(() => workersOf(program).length === 2)
  await end(t, program)
  t.notMatch(program.output.stdout, 'listening at')
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

test('a signal while workers wait for a resource ends them', async (t) => {
  const waiting = '../test/support/product/hanging-start.ts'
  const program = start(t, waiting, { ...PLACE, WORKERS: '2' })
  await program.says(/(?:database starts[\s\S]+){2}/)
  program.kill('SIGTERM')
  t.strictSame(await program.exit, { code: 0, signal: null })
  t.notMatch(program.output.stdout, /listening at/)
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
