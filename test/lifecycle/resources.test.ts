import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import { type Resource, Resources } from '../../src/lifecycle/resources.ts'
import { shutdown } from '../../src/lifecycle/shutdown.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { startServer } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER } from '../support/probe-routes.ts'
import { freePort, serve, start } from '../support/process.ts'
import { KEY } from '../support/tokens/keys.ts'

const HERE = { ...ENVIRONMENT, PORT: '0', HOST: '127.0.0.1' }

/** A resource that records what happens to it. */
function recorded(name: string, calls: string[], changes: Partial<Resource> = {}): Resource {
  return {
    name,
    start: () => void calls.push(`start ${name}`),
    stop: () => void calls.push(`stop ${name}`),
    ...changes,
  }
}

function createResources(
  resources: readonly Resource[],
  destination = logSink().destination,
): Resources {
  return new Resources(resources, createLogger('info', destination))
}

async function tenantWithKey(t: Test): Promise<string> {
  const keys = JSON.stringify({ keys: [KEY.jwk] })
  return serve(t, (_request, response) => void response.end(keys))
}

test('resources start in order before the server listens, and stop in reverse order', async (t) => {
  const calls: string[] = []
  const resources = [recorded('database', calls), { name: 'bare' }, recorded('queue', calls)]
  const completed: number[] = []
  const { app, port } = await startServer({ ...PROBE_SERVER, resources }, [HERE], {
    logTo: logSink().destination,
    onRequestCompleted: ({ status }) => completed.push(status),
  })
  t.strictSame(calls, ['start database', 'start queue'])
  t.equal((await fetch(`http://127.0.0.1:${port}/probe/public`)).status, 200)
  t.strictSame(completed, [200])
  await app.close()
  t.strictSame(calls.slice(2), ['stop queue', 'stop database'])
})

test('a resource that does not start stops the start, and what ran before it', async (t) => {
  const calls: string[] = []
  const start = () => Promise.reject(new Error('no database'))
  const resources = [recorded('first', calls), recorded('second', calls, { start })]
  const started = startServer({ ...PROBE_SERVER, resources }, [HERE], {
    logTo: logSink().destination,
  })
  await t.rejects(started, /no database/)
  t.strictSame(calls, ['start first', 'stop second', 'stop first'])
})

test('a resource that throws no Error is named too', async (t) => {
  const resources = createResources([{ name: 'odd', start: () => Promise.reject('no reason') }])
  await t.rejects(resources.start(), { message: 'Resource odd did not start: no reason' })
})

test('two resources of one name are rejected', async (t) => {
  t.throws(() => createResources([{ name: 'a' }, { name: 'a' }]), /Two resources are named a/)
})

test('what is not ready is named', async (t) => {
  const state = { ready: false }
  const resources = createResources([{ name: 'a' }, { name: 'b', ready: () => state.ready }])
  t.equal(resources.notReady, 'b')
  state.ready = true
  t.equal(resources.notReady, undefined)
})

test('a resource that fails or hangs at the end does not keep the others running', async (t) => {
  const calls: string[] = []
  const { log, destination } = logSink()
  const resources = createResources(
    [
      recorded('last', calls),
      { name: 'hangs', stop: () => new Promise<void>(() => {}) },
      { name: 'fails', stop: () => Promise.reject(new Error('broken')) },
    ],
    destination,
  )
  await resources.start()
  await resources.stop(20)
  t.match(log, [
    { event: 'resource_stop_failed', resource: 'fails', err: { message: 'broken' } },
    { event: 'resource_stop_timeout', resource: 'hangs' },
  ])
  t.strictSame(calls, ['start last', 'stop last'])
})

test('/readyz names the resource that is not ready', async (t) => {
  const tenant = await tenantWithKey(t)
  const resources = [{ name: 'database', ready: () => false }]
  const { app } = await startServer({ ...PROBE_SERVER, resources }, [
    HERE,
    { AUTH0_DOMAIN: tenant, LOG_LEVEL: 'silent' },
  ])
  t.teardown(() => app.close())
  const ready = async () => (await app.inject('/readyz')).json().message
  while ((await ready()) === 'Not ready: keys') await setImmediate()
  t.equal(await ready(), 'Not ready: database')
})

test('a resource whose check throws is not ready, and the metrics can be read', async (t) => {
  const { log, destination } = logSink()
  const ready = () => {
    throw new Error('The client does not exist.')
  }
  const { app, metricsPort } = await startServer(
    { ...PROBE_SERVER, resources: [{ name: 'database', ready }] },
    [HERE, { METRICS_PORT: '0', AUTH0_DOMAIN: await tenantWithKey(t) }],
    { logTo: destination },
  )
  t.teardown(() => app.close())
  const response = async () => (await app.inject('/readyz')).json().message
  while ((await response()) === 'Not ready: keys') await setImmediate()
  t.equal(await response(), 'Not ready: database')
  const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  t.match(await metrics.text(), /^server_ready 0$/m)
  const lines = log.filter(({ event }) => event === 'resource_check_failed')
  t.match(lines, [{ resource: 'database', err: { message: 'The client does not exist.' } }])
  t.equal(lines.length, 1, 'at most one a minute')
})

test('resources stop in what is left of the time-out after the last request', async (t) => {
  const tenant = await serve(t, (_request, response) => response.end('{"keys":[]}'))
  const server = start(t, '../test/support/product/hanging-stop.ts', {
    ...HERE,
    AUTH0_DOMAIN: tenant,
    DRAIN_TIME: '0',
    SHUTDOWN_TIMEOUT: '2',
  })
  const [, url] = await server.says(/listening at (http:[^"]+)/)
  const slow = fetch(`${url}/slow`)
  await server.says(/slow_began/)
  server.kill('SIGTERM')
  t.equal((await slow).status, 200, 'the request in flight finishes')
  t.strictSame(await server.exit, { code: 0, signal: null })
  const lines = server.output.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const find = (event: string) => lines.find((line) => line.event === event)
  t.ok(find('stopped'), 'a resource after the one that hangs is stopped')
  t.match(find('resource_stop_timeout'), { resource: 'hangs' })
  const duration =
    Date.parse(find('shutdown_finished').time) - Date.parse(find('drain_started').time)
  t.ok(duration >= 1_900 && duration < 2_900, `${duration} ms: the request took 1000 of 2000`)
})

test('no time left: resources are asked to stop, and not waited for', async (t) => {
  const { log, destination } = logSink()
  const calls: string[] = []
  const hangs = { name: 'hangs', stop: () => new Promise<void>(() => {}) }
  const resources = createResources([recorded('quick', calls), hangs], destination)
  await resources.start()
  await resources.stop(-5)
  t.strictSame(calls, ['start quick', 'stop quick'])
  t.match(log, [{ event: 'resource_stop_timeout', resource: 'hangs' }])
})

test('a hook that hangs does not keep the process from its end', async (t) => {
  const { log, destination } = logSink()
  let release = () => {}
  async function hangs(app: FastifyInstance): Promise<void> {
    app.addHook('onClose', () => new Promise<void>((resolve) => (release = resolve)))
  }
  const { app } = await startServer({ routes: [hangs] }, [HERE], { logTo: destination })
  await shutdown(app, { drainTime: 0, timeout: 10 })
  t.match(log.at(-2), { event: 'shutdown_incomplete' })
  release()
  await app.close()
})

async function fails(app: FastifyInstance): Promise<void> {
  app.addHook('onClose', async () => {
    throw new Error('a bug')
  })
}

test('a hook that fails is logged, and all else stops', async (t) => {
  const { log, destination } = logSink()
  const calls: string[] = []
  const definition = { routes: [fails], resources: [recorded('database', calls)] }
  const { app } = await startServer(definition, [HERE], { logTo: destination })
  await shutdown(app, { drainTime: 0, timeout: 1_000 })
  t.strictSame(calls, ['start database', 'stop database'])
  t.match(log.at(-2), { level: 50, event: 'close_hook_failed', err: { message: 'a bug' } })
  t.match(log.at(-1), { event: 'shutdown_finished' })
})

test('a hook that fails after a start that failed does not hide the reason', async (t) => {
  const { log, destination } = logSink()
  const database = {
    name: 'database',
    start() {
      throw new Error('no route to host')
    },
  }
  const started = startServer({ routes: [fails], resources: [database] }, [HERE], {
    logTo: destination,
  })
  await t.rejects(started, { message: 'Resource database did not start: no route to host' })
  t.match(log.at(-1), { event: 'close_hook_failed', err: { message: 'a bug' } })
})

test('a resource that does not start: exit code 1, one message, and nothing listens', async (t) => {
  const free = await freePort()
  const environment = { ...HERE, PORT: String(free) }
  const { exit, output } = start(t, '../test/support/product/failing-start.ts', environment)
  t.strictSame(await exit, { code: 1, signal: null })
  t.match(JSON.parse(output.stderr), {
    event: 'start_failed',
    msg: 'Resource database did not start: cannot connect to postgres://[redacted]@127.0.0.1:1/notes',
  })
  t.equal(output.stdout, 'first started\nlistening: false\nfirst stopped\n')
})
