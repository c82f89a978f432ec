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

interface Service {
  readonly networks: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[] | Record<string, object>
}
const all = Object.entries<Service>(services)

test('files that containers mount exist, and the images read them at these paths', (t) => {
  const mounts = all.flatMap(([name, { volumes = [] }]) =>
    volumes.map((volume) => [name, ...volume.split(':')] as const),
  )
  for (const [, source = ''] of mounts) t.ok(existsSync(join(ROOT, source)), source)
  t.strictSame(
    mounts.map(([name, , target, mode]) => [name, target, mode]),
    [
      // The defaults of the official images.
      ['proxy', '/usr/local/etc/haproxy/haproxy.cfg', 'ro'],
      ['prometheus', '/etc/prometheus/prometheus.yml', 'ro'],
      ['prometheus', '/etc/prometheus/rules', 'ro'],
    ],
  )
  t.end()
})

test('Prometheus has the rules, and reaches the metrics of each server', (t) => {
  const { rule_files: rules, scrape_configs } = parse(read('deploy/compose/prometheus.yaml'))
  const [{ job_name: job, static_configs }] = scrape_configs
  // Relative to the file of Prometheus: the mounted folder.
  const [rule, ...others] = rules as [string]
  t.strictSame(others, [])
  t.ok(existsSync(join(ROOT, 'deploy/observability', rule.replace(/^rules\//, ''))))
  t.match(read('deploy/observability/alerts.yaml'), `job="${job}"`)
  const port = services.api1.environment.METRICS_PORT
  t.strictSame(static_configs, [{ targets: [`api1:${port}`, `api2:${port}`] }])
  t.match(read('Dockerfile'), 'METRICS_HOST=0.0.0.0')
  for (const { networks } of servers) t.ok(networks.includes(services.prometheus.networks[0]))
  t.end()
})

test('a service shares a network with each one that it names', (t) => {
  const hosts: Record<string, readonly string[]> = {
    proxy: ['api1', 'api2'],
    api1: [new URL(services.api1.environment.REDIS_URL).hostname],
    api2: [new URL(services.api2.environment.REDIS_URL).hostname],
    prometheus: ['api1', 'api2'],
  }
  const declared = Object.keys(parse(read('compose.yaml')).networks)
  for (const [name, { networks, depends_on: needs = [] }] of all) {
    t.ok(
      networks.every((network) => declared.includes(network)),
      name,
    )
    const dependencies = Array.isArray(needs) ? needs : Object.keys(needs)
    for (const other of [...(hosts[name] ?? []), ...dependencies]) {
      const { networks: found = [] } = services[other] ?? {}
      t.ok(
        networks.some((network) => found.includes(network)),
        `${name} reaches ${other}`,
      )
    }
  }
  t.end()
})

test('the published ports are those at which the programs listen', (t) => {
  const published = all.flatMap(([name, { ports = [] }]) =>
    ports.map((port) => [name, port.split(':').at(-1)]),
  )
  const [, bind] = /^ +bind :(\d+)$/m.exec(read('deploy/proxies/haproxy.cfg')) ?? []
  t.strictSame(published, [
    ['proxy', bind],
    // The default of Prometheus.
    ['prometheus', '9090'],
  ])
  t.match(read('Dockerfile'), `EXPOSE ${config.port}\n`)
  t.end()
})
