import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Test, test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER, PROTECTED } from '../support/probe-routes.ts'
import { until } from '../support/until.ts'

const HERE = { ...ENVIRONMENT, PORT: '0', HOST: '127.0.0.1', METRICS_PORT: '0' }

/** A server whose audit lines go to a file of their own. */
async function audited(t: Test, path: string, environment: Environment = {}) {
  const { log, destination } = logSink()
  const sources = [HERE, { AUDIT_LOG: path }, environment]
  const { app, metricsPort } = await startServer(PROBE_SERVER, sources, { logTo: destination })
  t.teardown(() => app.close())
  return {
    log,
    event: (name: string) => log.find(({ event }) => event === name),
    async call(times = 1) {
      for (let n = 0; n < times; n += 1) await app.inject(PROTECTED)
    },
    async dropped() {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
      return Number(/^audit_lines_dropped_total (\d+)$/m.exec(text)?.[1])
    },
  }
}

const linesIn = (path: string) => readFileSync(path, 'utf8').split('\n').filter(Boolean)

test('audit lines have a file of their own, in the format of the log', async (t) => {
  const path = join(t.testdir(), 'audit.log')
  const { call, event } = await audited(t, path, { LOG_FORMAT: 'ecs', LOG_LEVEL: 'silent' })
  await call()
  await until(() => linesIn(path).length === 1)
  t.match(JSON.parse(String(linesIn(path)[0])), {
    'event.action': 'audit',
    'service.name': 'messages-api',
    'http.route': PROTECTED,
  })
  t.equal(event('audit'), undefined, 'not in the log')
  t.equal(statSync(path).mode & 0o777, 0o600)
})

test('a file that was moved is opened again', async (t) => {
  const directory = t.testdir()
  const path = join(directory, 'audit.log')
  const { call } = await audited(t, path)
  await call(2)
  await until(() => linesIn(path).length === 2)
  renameSync(path, `${path}.1`)
  await call()
  await until(() => existsSync(path) && linesIn(path).length === 1)
  t.equal(linesIn(`${path}.1`).length, 2)
})

test('a path that cannot be opened stops the start', async (t) => {
  await t.rejects(audited(t, join(t.testdir(), 'missing/audit.log')), {
    name: 'ConfigError',
    message: /AUDIT_LOG cannot be opened \(ENOENT\)/,
  })
})

test('a full disk: requests are answered, and the log says so once', async (t) => {
  const directory = t.testdir()
  const path = join(directory, 'audit.log')
  symlinkSync('/dev/full', path)
  const { call, event, log, dropped } = await audited(t, path)
  await call(3)
  await until(() => event('audit_log_failed'))
  t.match(event('audit_log_failed'), { level: 50, code: 'ENOSPC' })
  t.equal(await dropped(), 0, 'lines wait')
  unlinkSync(path)
  await until(() => existsSync(path) && linesIn(path).length === 3)
  // Another failure within a minute.
  unlinkSync(path)
  symlinkSync('/dev/full', path)
  await call()
  await setTimeout(150)
  t.equal(log.filter((line) => line['event'] === 'audit_log_failed').length, 1)
})

test('a pipe that nothing reads: lines wait, then are dropped and counted', async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  const { log, destination } = logSink()
  const { openAuditOutput } = await import('../../src/observability/output/audit-output.ts')
  const { createLogger } = await import('../../src/observability/logger.ts')
  const logger = createLogger('info', destination)
  const output = openAuditOutput({ auditLogFile: path }, logger)
  const line = `${'x'.repeat(16 * 1024)}\n`
  for (let n = 0; n < 600; n += 1) output?.write(line)
  t.match(log, [{ event: 'audit_log_failed', code: 'ENXIO' }])
  t.ok(Number(output?.dropped) > 0)
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => closeSync(reader))
  const chunk = Buffer.alloc(1 << 20)
  await until(() => {
    try {
      readSync(reader, chunk)
    } catch {
      // Nothing is there yet.
    }
    return log.some(({ event }) => event === 'audit_lines_dropped')
  })
  t.match(log.at(-1), { event: 'audit_lines_dropped', count: output?.dropped })
})
