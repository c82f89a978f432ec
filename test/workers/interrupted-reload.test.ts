import { type Test, test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
import type { Program } from '../support/process.ts'
import { until } from '../support/until.ts'
import { end, events, fleet } from './fleet.ts'
import { workersOf } from './workers-of.ts'

/** A fleet in which a third worker starts, to replace the first one. */
async function reloading(t: Test, environment = {}) {
  const running = await fleet(t, environment)
  const old = workersOf(running.program)
  running.program.kill('SIGHUP')
  await until(() => workersOf(running.program).length === 3)
  return { ...running, old }
}

async function hasTwoNewWorkers(t: Test, program: Program, old: readonly number[]) {
  await program.says(/"event":"reload_finished"/)
  await until(() => events(program, 'keys_fetched').length >= 4)
  await until(() => workersOf(program).length === 2)
  t.strictSame(
    workersOf(program).filter((pid) => old.includes(pid)),
    [],
  )
}

test('a worker that ends while its replacement starts is replaced once', async (t) => {
  const { program, old, status } = await reloading(t)
  process.kill(Number(old[0]), 'SIGKILL')
  await hasTwoNewWorkers(t, program, old)
  t.equal(await status(PUBLIC), 200)
  await end(t, program)
})

test('a worker that ends before its turn in a reload is replaced once', async (t) => {
  const { program, old, status } = await reloading(t)
  process.kill(Number(old[1]), 'SIGKILL')
  await hasTwoNewWorkers(t, program, old)
  t.equal(await status(PUBLIC), 200)
  await end(t, program)
})

test('a signal during a reload ends all workers, also the one that starts', async (t) => {
  // Nothing is killed in the time of this test.
  const { program } = await reloading(t, { SHUTDOWN_TIMEOUT: '600' })
  await end(t, program)
  t.strictSame(events(program, 'reload_failed'), [])
})

test('no worker starts after a signal to end', async (t) => {
  const { program } = await fleet(t, { DRAIN_TIME: '0.3' })
  program.kill('SIGHUP')
  await program.says(/"event":"drain_started"/)
  await end(t, program)
  t.equal(new Set(events(program, 'keys_fetched').map((line) => line['pid'])).size, 3)
})
