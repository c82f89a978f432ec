import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'tap'
import { explainListenError, listen } from '../../src/lifecycle/listen.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT, testApp } from '../support/app.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER } from '../support/probe-routes.ts'
import { serve, start } from '../support/process.ts'
import { KEY } from '../support/tokens/keys.ts'

const HERE = { ...ENVIRONMENT, PORT: '0', HOST: '127.0.0.1', KEYS_START_TIMEOUT: '60' }
const KEY_SET = JSON.stringify({ keys: [KEY.jwk] })

/** A tenant that replies when it is released. */
async function heldTenant(t: Parameters<typeof serve>[0]) {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let called = () => {}
  const asked = new Promise<void>((resolve) => {
    called = resolve
  })
  const issuer = await serve(t, async (_request, response) => {
    called()
    await released
    response.end(KEY_SET)
  })
  return { issuer, asked, release }
}

test('the server listens when it has keys, and is ready at once', async (t) => {
  const tenant = await heldTenant(t)
  const { log, destination } = logSink()
  const environment = { ...HERE, AUTH0_DOMAIN: tenant.issuer, METRICS_PORT: '0' }
  const started = startServer(PROBE_SERVER, [environment], { logTo: destination })
  await tenant.asked
  t.notOk(log.some(({ msg }) => String(msg).startsWith('Server listening')))
  tenant.release()
  const { app, port } = await started
  t.teardown(() => app.close())
  t.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
  const fetched = log.findIndex(({ event }) => event === 'keys_fetched')
  t.ok(fetched < log.findIndex(({ msg }) => /listening at/.test(String(msg))))
  t.notOk(log.some(({ event }) => event === 'keys_start_timeout'))
})

test('an address or a port that cannot be used is one line with the variable', async (t) => {
  const environment = { ...HERE, KEYS_START_TIMEOUT: '0', LOG_LEVEL: 'silent' }
  for (const [host, others] of [
    ['HOST', {}],
    ['METRICS_HOST', { METRICS_PORT: '0' }],
  ] as const) {
    const started = startServer(PROBE_SERVER, [environment, others, { [host]: '192.0.2.1' }])
    const message = `This machine does not have the address 192.0.2.1. Set ${host} to an address of this machine.`
    await t.rejects(started, { message })
  }
  // Root may listen on any port.
  const denied = Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
  t.match(explainListenError(denied, 80, 'PORT'), {
    message: 'This process may not listen on port 80. Set PORT to a port above 1023.',
  })
  const other = new Error('listen EMFILE')
  t.equal(explainListenError(other, 80, 'PORT'), other)
})

test('the keys of one of several issuers are enough', async (t) => {
  const tenant = await serve(t, (_request, response) => void response.end(KEY_SET))
  const { issuer: hangs } = await heldTenant(t)
  const environment = { ...HERE, AUTH0_DOMAIN: `${hangs},${tenant}`, LOG_LEVEL: 'silent' }
  const { app } = await startServer(PROBE_SERVER, [environment])
  t.teardown(() => app.close())
  t.equal((await app.inject('/readyz')).statusCode, 200)
})

test('without keys in time, the server listens, says so, and is not ready', async (t) => {
  const tenant = await heldTenant(t)
  const { log, destination } = logSink()
  const environment = { ...HERE, AUTH0_DOMAIN: tenant.issuer, KEYS_START_TIMEOUT: '0.05' }
  const { app, port } = await startServer(PROBE_SERVER, [environment], { logTo: destination })
  t.teardown(() => app.close())
  t.match(
    log.find(({ event }) => event === 'keys_start_timeout'),
    { level: 40, timeout: 50 },
  )
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
  t.equal(ready.status, 503)
  t.strictSame(await ready.json(), { message: 'Not ready: keys' })
  t.equal((await fetch(`http://127.0.0.1:${port}/probe/public`)).status, 200)
})

test('a signal during the wait for keys ends the start', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { issuer, asked } = await heldTenant(t)
    const environment = { ...HERE, AUTH0_DOMAIN: issuer }
    const server = start(t, '../test/support/product/probe-main.ts', environment)
    await asked
    server.kill(signal)
    t.strictSame(await server.exit, { code: 0, signal: null })
    t.match(server.output.stdout, '"event":"start_interrupted"')
    t.notMatch(server.output.stdout, /listening at/)
    t.equal(server.output.stderr, '')
  }
})

test('a signal while a resource starts stops what has started', async (t) => {
  const server = start(t, '../test/support/product/hanging-start.ts', HERE)
  await server.says(/database starts/)
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
  t.match(server.output.stdout, /first stopped/)
})

test('a start that is interrupted while it begins to listen leaves no open port', async (t) => {
  const { app } = await testApp(t)
  const addresses = ['127.0.0.1', '127.0.0.2']
  const listening = listen(app, addresses, 0)
  await once(app.server, 'listening')
  const { port } = app.server.address() as AddressInfo
  await Promise.all([app.close(), listening])
  for (const address of addresses) {
    await t.rejects(once(connect(port, address), 'connect'), { code: 'ECONNREFUSED' }, address)
  }
})
