import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load-config.ts'
import { ENVIRONMENT } from '../support/app.ts'

const FOLDER = join(import.meta.dirname, '../../deploy/kubernetes')
const read = (file: string) => parse(readFileSync(join(FOLDER, file), 'utf8'))
/** The defaults of production, in seconds. */
const { config } = loadConfig(ENVIRONMENT, { NODE_ENV: 'production' })
const drainTime = config.drainTime / 1000
const shutdownTimeout = config.shutdownTimeout / 1000
const keysStartTimeout = config.keysStartTimeout / 1000

const { spec: pod } = read('base/deployment.yaml').spec.template
const [container] = pod.containers

test('a pod has time for a whole shutdown', (t) => {
  t.ok(pod.terminationGracePeriodSeconds >= shutdownTimeout + 5)
  t.end()
})

test('a pod that drains is out of use before it stops', (t) => {
  const { periodSeconds, timeoutSeconds, failureThreshold, httpGet } = container.readinessProbe
  t.equal(httpGet.path, '/readyz')
  t.ok(periodSeconds * failureThreshold < drainTime)
  t.ok(timeoutSeconds <= periodSeconds)
  t.end()
})

test('a pod that waits for keys is not restarted', (t) => {
  const { periodSeconds, failureThreshold, httpGet } = container.startupProbe
  t.equal(httpGet.path, '/livez')
  t.ok(periodSeconds * failureThreshold >= keysStartTimeout + 10)
  t.equal(container.livenessProbe.httpGet.path, '/livez')
  t.end()
})

test('probes use a host name that is always allowed', (t) => {
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    t.strictSame(container[probe].httpGet.httpHeaders, [{ name: 'Host', value: 'localhost' }])
  }
  t.end()
})

test('the ports are those of the server, everywhere', (t) => {
  const ports = new Map(
    container.ports.map((port: { name: string; containerPort: number }) => [
      port.name,
      port.containerPort,
    ]),
  )
  t.equal(ports.get('http'), config.port)
  const metrics = container.env.find(({ name }: { name: string }) => name === 'METRICS_PORT')
  t.equal(String(ports.get('metrics')), metrics.value)
  const named = read('base/service.yaml').spec.ports
  t.strictSame(
    named.map(({ targetPort }: { targetPort: string }) => targetPort),
    ['http', 'metrics'],
  )
  t.end()
})

test('all selectors are the labels of the pods', (t) => {
  const { labels } = read('base/kustomization.yaml')
  const [{ pairs, includeTemplates }] = labels
  t.equal(includeTemplates, true)
  t.strictSame(read('base/deployment.yaml').spec.selector.matchLabels, pairs)
  t.strictSame(read('base/service.yaml').spec.selector, pairs)
  t.strictSame(read('base/disruption-budget.yaml').spec.selector.matchLabels, pairs)
  t.strictSame(read('base/network-policy.yaml').spec.podSelector.matchLabels, pairs)
  t.end()
})

test('the heap fits into the memory of the container', (t) => {
  const options = container.env.find(({ name }: { name: string }) => name === 'NODE_OPTIONS').value
  const heap = Number(/--max-old-space-size=(\d+)/.exec(options)?.[1])
  const limit = Number.parseInt(container.resources.limits.memory, 10)
  t.ok(heap <= limit * 0.75, `${heap} of ${limit} MiB`)
  t.equal(container.resources.limits.cpu, undefined)
  t.end()
})

test('the variables of the overlay are a valid configuration', (t) => {
  const [{ literals }] = read('overlays/production/kustomization.yaml').configMapGenerator
  const variables = Object.fromEntries(
    literals.map((line: string) => /^(\w+)=(.*)$/.exec(line)?.slice(1)),
  )
  t.equal(loadConfig({ NODE_ENV: 'production' }, variables).warning, undefined)
  t.end()
})
