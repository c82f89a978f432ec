import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
import { until } from '../support/until.ts'
import { end, events, fleet, newConnection } from './fleet.ts'
import { workersOf } from './workers-of.ts'

const TIMEOUT_S = 3
/** The primary checks every second. */
const CHECKED_MS = 2_500

test('a worker that hangs is replaced, and the other one serves', async (t) => {
  const { program, url, pids } = await fleet(t, { WORKER_TIMEOUT: String(TIMEOUT_S) })
  const [hanging = 0, other = 0] = pids()
  process.kill(hanging, 'SIGSTOP')
  await program.says(/"event":"worker_hangs"/)
  t.match(events(program, 'worker_hangs'), [{ worker: 0, timeout: TIMEOUT_S * 1000 }])
  await until(() => pids().length === 3)
  t.notOk(workersOf(program).includes(hanging))
  t.ok(workersOf(program).includes(other))
  t.match(events(program, 'worker_ended'), [{ reason: 'SIGKILL' }])
  await until(() => events(program, 'keys_fetched').length === 3)
  for (let times = 0; times < 4; times += 1) t.equal(await newConnection(url + PUBLIC), 200)
  await end(t, program)
})

test('a pause of all processes ends no worker', async (t) => {
  const { program, url, pids } = await fleet(t, { WORKER_TIMEOUT: String(TIMEOUT_S) })
  for (const pid of [Number(program.pid), ...pids()]) process.kill(pid, 'SIGSTOP')
  await sleep((TIMEOUT_S + 1) * 1000)
  program.kill('SIGCONT')
  // The primary goes on before its workers send anything.
  await sleep(200)
  for (const pid of pids()) process.kill(pid, 'SIGCONT')
  await sleep(CHECKED_MS)
  t.equal(await newConnection(url + PUBLIC), 200)
  t.strictSame(workersOf(program).sort(), pids().sort())
  t.strictSame(events(program, 'worker_hangs'), [])
  await end(t, program)
})
