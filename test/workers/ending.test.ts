import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
import { until } from '../support/until.ts'
import { end, events, fleet, metricsUrl } from './fleet.ts'
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

test('a worker for which there is no file left is replaced later', async (t) => {
  const { program, url, pids, status } = await fleet(t, { METRICS_PORT: '0' }, 100)
  const { hostname, port } = new URL(url)
  const [first = 0, second = 0] = pids()
  process.kill(first, 'SIGSTOP')
  process.kill(second, 'SIGSTOP')
  // The connections wait in the primary.
  const sockets = new Set<Socket>()
  const open = () => {
    const socket = connect(Number(port), hostname).on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    sockets.add(socket)
  }
  const files = () => readdirSync(`/proc/${program.pid}/fd`).length
  await until(() => {
    for (let count = sockets.size; count < 150; count += 1) open()
    return files() >= 100
  })
  process.kill(first, 'SIGKILL')
  await until(() => {
    for (let count = sockets.size; count < 150; count += 1) open()
    return events(program, 'worker_ended').some(({ reason }) => reason === 'EMFILE')
  })
  for (const socket of sockets) socket.destroy()
  process.kill(second, 'SIGCONT')
  await until(() => events(program, 'keys_fetched').length === 3)
  t.equal((await fetch(metricsUrl(program))).status, 200)
  t.equal(await status(PUBLIC), 200)
  await end(t, program)
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
