import { setTimeout as sleep } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
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

for (const [index, when] of ['while its replacement starts', 'before its turn'].entries()) {
  test(`a worker that ends in a reload ${when} is replaced once`, async (t) => {
    const { program, old, status } = await reloading(t)
    process.kill(Number(old[index]), 'SIGKILL')
    await program.says(/"event":"reload_finished"/)
    await until(() => events(program, 'keys_fetched').length >= 4)
    await until(() => workersOf(program).length === 2)
    const left = workersOf(program).filter((pid) => old.includes(pid))
    t.strictSame(left, [])
    t.equal(await status(PUBLIC), 200)
    await end(t, program)
  })
}

test('a signal during a reload ends all workers, also the one that starts', async (t) => {
  // Nothing is killed in the time of this test.
  const { program } = await reloading(t, { SHUTDOWN_TIMEOUT: '600' })
  await end(t, program)
  t.strictSame(events(program, 'reload_failed'), [])
})

test('no worker starts after a signal to end', async (t) => {
  const { program } = await fleet(t, { DRAIN_TIME: '1' })
  program.kill('SIGHUP')
  await program.says(/"event":"drain_started"/)
  // The others drain longer than the old worker, so that the reload could go on.
  await sleep(500)
  await end(t, program)
  t.equal(new Set(events(program, 'keys_fetched').map((line) => line['pid'])).size, 3)
})
