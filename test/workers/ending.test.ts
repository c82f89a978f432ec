import { test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
import { until } from '../support/until.ts'
import { end, events, fleet } from './fleet.ts'
import { workersOf } from './workers-of.ts'

test('a worker that ends is replaced, and workers that keep ending end the server', async (t) => {
  const { program, pids, status } = await fleet(t)
  const started = pids()
  process.kill(Number(started[0]), 'SIGTERM')
  await until(() => pids().length > started.length)
  t.match(events(program, 'worker_ended'), [{ level: 50, reason: 0 }])
  t.equal(await status(PUBLIC), 200)
  // As soon as they exist: a minute after the first of the six, it would not count any more.
  let isOver = false
  void program.exit.then(() => {
    isOver = true
  })
  await until(() => {
    for (const pid of isOver ? [] : workersOf(program)) process.kill(pid, 'SIGKILL')
    return isOver
  })
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

test('a worker that does not end in time is killed', async (t) => {
  const { program, pids } = await fleet(t, { SHUTDOWN_TIMEOUT: '1' })
  const [stopped = 0] = pids()
  process.kill(stopped, 'SIGSTOP')
  await end(t, program)
  t.throws(() => process.kill(stopped, 0), { code: 'ESRCH' })
})
