import { type Test, test } from 'tap'
import type { MetricsOfProcess } from '../../src/observability/metrics.ts'
import { startServer } from '../../src/server.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { logSink } from '../support/log-sink.ts'
import { PROBE_SERVER, PUBLIC } from '../support/probe-routes.ts'
import { until } from '../support/until.ts'
import { end, events, fleet, metricValue, PLACE, scrape } from './fleet.ts'

/** How the values of workers become one, for each gauge. A new gauge has to be added, after some thought. */
const AGGREGATORS = {
  messages_api_build_info: 'first',
  server_ready: 'min',
  server_draining: 'max',
  connections_open: 'sum',
  connections_limit: 'sum',
  key_set_age_seconds: 'max',
  keys_known: 'min',
  introspections_in_flight: 'max',
  introspection_circuit_open: 'max',
  verified_token_cache_size: 'sum',
  dpop_replay_entries: 'max',
  redis_up: 'min',
  redis_commands_pending: 'sum',
  // #region browser-login
  session_store_ready: 'min',
  // #endregion browser-login
  process_start_time_seconds: 'max',
  process_resident_memory_bytes: 'sum',
  process_virtual_memory_bytes: 'sum',
  process_heap_bytes: 'sum',
  process_open_fds: 'max',
  process_max_fds: 'min',
  nodejs_version_info: 'first',
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_min_seconds: 'min',
  nodejs_eventloop_lag_max_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'average',
  nodejs_eventloop_lag_stddev_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
  nodejs_active_resources: 'sum',
  nodejs_active_handles: 'sum',
  nodejs_active_requests: 'sum',
  nodejs_heap_size_total_bytes: 'sum',
  nodejs_heap_size_used_bytes: 'sum',
  nodejs_external_memory_bytes: 'sum',
  nodejs_heap_space_size_total_bytes: 'sum',
  nodejs_heap_space_size_used_bytes: 'sum',
  nodejs_heap_space_size_available_bytes: 'sum',
}

/** A worker with every feature, and what reads its metrics. */
async function worker(t: Test) {
  const redis = await fakeRedis(t)
  const environment = {
    ...PLACE,
    ...{ METRICS_PORT: '0', REDIS_URL: redis.url, DPOP: 'allowed' },
    // #region browser-login
    AUTH0_CLIENT_ID: 'client',
    AUTH0_CLIENT_SECRET: 'a client secret of over 32 characters',
    SESSION_SECRET: 'a session secret of over 32 characters',
    // #endregion browser-login
  }
  let read: () => Promise<MetricsOfProcess | undefined> = async () => []
  const { app } = await startServer(PROBE_SERVER, [environment], {
    logTo: logSink().destination,
    shareMetrics: (found) => {
      read = found
    },
  })
  t.teardown(() => app.close())
  return { app, read: async () => (await read()) ?? [] }
}

test('each gauge says how the values of workers become one', async (t) => {
  const { read } = await worker(t)
  const gauges = (await read()).filter(({ type }) => String(type) === 'gauge')
  const found = gauges.map(({ name, aggregator }) => [name, aggregator])
  t.strictSame(Object.fromEntries(found), AGGREGATORS)
})

test('a worker reports the same metrics when its server is closed', async (t) => {
  const { app, read } = await worker(t)
  const names = async () => (await read()).map(({ name }) => name)
  const before = await names()
  await app.close()
  t.strictSame(await names(), before)
})

test('workers whose metrics cannot be read say so, and serve on', async (t) => {
  const file = '../test/support/product/broken-metrics.ts'
  const { program, status } = await fleet(t, { METRICS_PORT: '0' }, undefined, file)
  t.equal((await scrape(program)).trim(), '')
  t.match(events(program, 'metrics_failed'), [{ level: 50 }, { level: 50 }])
  t.equal(await status(PUBLIC), 200)
  await end(t, program)
})

test('gauges of two workers', async (t) => {
  const { program, pids } = await fleet(t, {
    ...{ METRICS_PORT: '0', DRAIN_TIME: '60', SHUTDOWN_TIMEOUT: '90' },
  })
  const read = async () => {
    const text = await scrape(program)
    return (name: string) => metricValue(text, name)
  }
  await until(async () => (await read())('server_ready') === 1)
  const value = await read()
  t.equal(value('messages_api_build_info'), 1)
  t.equal(value('nodejs_version_info'), 1)
  t.equal(value('server_draining'), 0)
  t.equal(value('keys_known'), 1)
  t.ok(value('process_open_fds') < value('process_max_fds'))
  const started = value('process_start_time_seconds')
  t.ok(Math.abs(started - Date.now() / 1000) < 120, 'a time, and not the sum of two')

  const [first = 0] = pids()
  process.kill(first, 'SIGTERM')
  await program.says(/"event":"drain_started"/)
  const draining = await read()
  t.equal(draining('server_ready'), 0, 'one is not ready')
  t.equal(draining('server_draining'), 1)
  process.kill(first, 'SIGKILL')
  await until(() => pids().length === 3)
  await until(async () => (await read())('server_ready') === 1)
  t.ok((await read())('process_start_time_seconds') >= started, 'that of the newest')
  program.kill('SIGTERM')
  await until(() => events(program, 'drain_started').length === 3)
  program.kill('SIGTERM')
  t.strictSame(await program.exit, { code: 1, signal: null })
})

test('the limit of connections is that of all workers', async (t) => {
  const { program } = await fleet(t, { METRICS_PORT: '0' })
  const { read } = await worker(t)
  const single = (await read()).find(({ name }) => name === 'connections_limit')
  const limit = Number(single?.values[0]?.value)
  t.equal(metricValue(await scrape(program), 'connections_limit'), limit * 2)
  await end(t, program)
})
