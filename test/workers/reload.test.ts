import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'tap'
import { PUBLIC } from '../support/probe-routes.ts'
import { end, events, fleet, newConnection } from './fleet.ts'

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
  await end(t, program)
})

test('a reload that fails leaves the workers as they are', async (t) => {
  const { program, pids, status } = await fleet(t)
  writeFileSync(`${t.testdirName}/.env`, 'CLOCK_TOLERANCE=wrong\n')
  program.kill('SIGHUP')
  await program.says(/"event":"reload_failed"/)
  t.match(events(program, 'worker_failed'), [{ reason: /CLOCK_TOLERANCE is invalid/ }])
  t.equal(await status(PUBLIC), 200)
  t.equal(pids().length, 2)
  await end(t, program)
})

test('a reload uses the folder that an upgrade has put in place of the old one', async (t) => {
  const { program } = await fleet(t)
  const before = `${t.testdirName}-before`
  t.teardown(() => rmSync(before, { recursive: true, force: true }))
  renameSync(t.testdirName, before)
  program.kill('SIGHUP')
  await program.says(/"event":"reload_failed"/)
  const reason = `Cannot start a process in ${t.testdirName}`
  t.match(events(program, 'worker_failed'), [{ reason }])
  mkdirSync(t.testdirName)
  writeFileSync(`${t.testdirName}/package.json`, '{ "name": "upgraded", "version": "2.0.0" }')
  program.kill('SIGHUP')
  await program.says(/"event":"reload_finished"/)
  t.match(events(program, 'keys_fetched').at(-1), { service: 'upgraded', version: '2.0.0' })
  await end(t, program)
})
