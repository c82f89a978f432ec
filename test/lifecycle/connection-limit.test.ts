import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { test } from 'tap'
import {
  connectionLimit,
  limitConnections,
  processLimits,
} from '../../src/lifecycle/connection-limit.ts'
import { listen } from '../../src/lifecycle/listen.ts'
import { ENVIRONMENT, testApp } from '../support/app.ts'
import { PROTECTED } from '../support/probe-routes.ts'
import { serve, start } from '../support/process.ts'
import { parseRaw, sendRaw, silent } from '../support/raw-http.ts'
import { KEY } from '../support/tokens/keys.ts'

const GIB = 1024 ** 3
const REQUEST = `GET ${PROTECTED} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`

test('more silent connections than the process may open files', async (t) => {
  const published = JSON.stringify({ keys: [KEY.jwk] })
  const state = { fetches: 0 }
  const issuer = await serve(t, (_request, response) => {
    state.fetches += 1
    response.end(published)
  })
  const environment = {
    ...{ ...ENVIRONMENT, AUTH0_DOMAIN: issuer, PORT: '0', HOST: '127.0.0.1' },
    ...{ DRAIN_TIME: '0', METRICS_PORT: '0', KEYS_MAX_AGE: '1', HEADERS_TIMEOUT: '30' },
  }
  const program = '../test/support/product/probe-main.ts'
  const server = start(t, program, environment, [], 'read', 1024)
  const [, port = ''] = await server.says(/listening at http:\/\/127\.0\.0\.1:(\d+)/)
  const [, metricsPort] = await server.says(/"metrics_listening","port":(\d+)/)
  const first = connect(Number(port), '127.0.0.1')
  await once(first, 'connect')

  const { closed, sockets } = await silent(t, Number(port), 1_100)
  while (closed.count < 205) await setTimeout(10)
  t.equal(closed.count, 205, 'the limit is 896, with the first one')
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  t.match(metrics, /^connections_dropped_total 205$/m)
  t.match(metrics, /^process_open_fds \d+$/m, 'files can be opened')
  const { fetches } = state
  while (state.fetches === fetches) await setTimeout(10)
  t.pass('keys are fetched')

  first.write(REQUEST)
  const [answer] = await once(first, 'data')
  t.equal(parseRaw(String(answer)).status, 401, 'an open connection is served')
  for (const socket of sockets) socket.destroy()
  const answered = () => sendRaw(Number(port), '127.0.0.1', REQUEST).catch(() => '')
  while ((await answered()) === '') await setTimeout(10)
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
  const warnings = server.output.stdout.match(/^.*"connections_dropped".*$/gm) ?? []
  t.equal(warnings.length, 1)
  t.match(JSON.parse(warnings[0] ?? ''), { level: 40, limit: 896, openFiles: 1024 })
})

test('the limit follows what the process has', async (t) => {
  t.equal(connectionLimit({ openFiles: undefined, heap: 4 * GIB }), 20_000)
  t.equal(connectionLimit({ openFiles: 1_048_576, heap: 4 * GIB }), 20_000)
  t.equal(connectionLimit({ openFiles: 4096, heap: 4 * GIB }), 3968)
  t.equal(connectionLimit({ openFiles: 100, heap: 4 * GIB }), 50)
  t.equal(connectionLimit({ openFiles: 4096, heap: GIB / 16 }), 1024)
})

test('the limit of open files is read where the system has it', async (t) => {
  const header = 'Limit                     Soft Limit           Hard Limit           Units\n'
  const line = (soft: string) => `${header}Max open files            ${soft}   524288   files\n`
  const directory = t.testdir({ soft: line('1024'), unlimited: line('unlimited'), other: header })
  t.equal(processLimits(`${directory}/soft`).openFiles, 1024)
  for (const file of ['unlimited', 'other', 'missing']) {
    t.equal(processLimits(`${directory}/${file}`).openFiles, undefined, file)
  }
})

test('all addresses together have one limit, and one warning a minute', async (t) => {
  const { app } = await testApp(t)
  const warnings: unknown[] = []
  const log = { warn: (line: unknown) => void warnings.push(line) }
  limitConnections(app.server, log, { openFiles: 20, heap: 4 * GIB })
  const port = await listen(app, ['127.0.0.1', '127.0.0.2'], 0)
  const hosts = ['127.0.0.1', '127.0.0.2']
  const opened = await Promise.all(hosts.map((host) => silent(t, port, 8, host)))
  for (const { closed } of opened) {
    while (closed.count < 3) await setTimeout(10)
    t.equal(closed.count, 3)
  }
  t.strictSame(warnings, [{ event: 'connections_dropped', limit: 10, openFiles: 20 }])
})
