import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load-config.ts'
import { ENVIRONMENT } from '../support/app.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const { services } = parse(read('compose.yaml'))
const servers = [services.api1, services.api2]
const { config } = loadConfig(ENVIRONMENT, { NODE_ENV: 'production' })

test('a container has time for a whole shutdown', (t) => {
  for (const { stop_grace_period: time } of servers) {
    t.ok(Number.parseInt(time, 10) >= config.shutdownTimeout / 1000 + 5)
  }
  t.end()
})

test('the environment of the servers is a valid configuration', (t) => {
  for (const { environment } of servers) {
    const values = Object.entries<unknown>(environment)
      .filter(([, value]) => !String(value).startsWith('${'))
      .map(([name, value]) => [name, String(value)])
    const variables = { ...ENVIRONMENT, NODE_ENV: 'production', ...Object.fromEntries(values) }
    t.equal(loadConfig(variables).warning, undefined)
  }
  t.end()
})

test('the heap fits into the memory of the container', (t) => {
  for (const { environment, mem_limit: limit } of servers) {
    const heap = Number(/--max-old-space-size=(\d+)/.exec(environment.NODE_OPTIONS)?.[1])
    t.ok(heap <= Number.parseInt(limit, 10) * 0.75)
  }
  t.end()
})

test('the proxies use the servers, at their port', (t) => {
  const names = ['api1', 'api2'].map((name) => `${name}:${config.port}`)
  for (const file of ['haproxy.cfg', 'nginx.conf']) {
    const text = read(`deploy/proxies/${file}`)
    const found = [...text.matchAll(/^ +server (?:\S+ )?(api\d:\d+)/gm)].map(([, name]) => name)
    t.strictSame(found, names, file)
  }
  const [envoy] = parse(read('deploy/proxies/envoy.yaml')).static_resources.clusters
  const endpoints = envoy.load_assignment.endpoints[0].lb_endpoints.map(
    ({ endpoint }: { endpoint: { address: { socket_address: Record<string, unknown> } } }) =>
      `${endpoint.address.socket_address['address']}:${endpoint.address.socket_address['port_value']}`,
  )
  t.strictSame(endpoints, names)
  t.end()
})

test('the proxies notice a server that drains, and close connections before it does', (t) => {
  const drainTime = config.drainTime / 1000
  const keepAlive = config.timeouts.keepAlive / 1000
  const haproxy = read('deploy/proxies/haproxy.cfg')
  const [, interval, fall] = /inter (\d+)s fall (\d+)/.exec(haproxy) ?? []
  t.ok(Number(interval) * Number(fall) < drainTime)
  t.ok(Number(/timeout http-keep-alive (\d+)s/.exec(haproxy)?.[1]) < keepAlive)
  const nginx = read('deploy/proxies/nginx.conf')
  for (const [, time] of nginx.matchAll(/keepalive_timeout (\d+)s/g)) t.ok(Number(time) < keepAlive)
  const [envoy] = parse(read('deploy/proxies/envoy.yaml')).static_resources.clusters
  const [check] = envoy.health_checks
  t.ok(Number.parseInt(check.interval, 10) * check.unhealthy_threshold < drainTime)
  t.end()
})

test('files of the project that containers use exist', (t) => {
  const prometheus = parse(read('deploy/compose/prometheus.yaml'))
  const [{ targets }] = prometheus.scrape_configs[0].static_configs
  const port = services.api1.environment.METRICS_PORT
  t.strictSame(targets, [`api1:${port}`, `api2:${port}`])
  t.ok(existsSync(join(ROOT, 'deploy/compose/prometheus.yaml')))
  t.match(services.proxy.volumes, ['./deploy/proxies/haproxy.cfg:'])
  t.end()
})
