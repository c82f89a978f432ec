import { test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
import { end, events, fleet, until } from './fleet.ts'

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

test('a worker that does not end in time is killed', async (t) => {
  const { program, pids } = await fleet(t, { SHUTDOWN_TIMEOUT: '1' })
  const [stopped = 0] = pids()
  process.kill(stopped, 'SIGSTOP')
  await end(t, program)
  t.throws(() => process.kill(stopped, 0), { code: 'ESRCH' })
})
