import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Service } from '../config/telemetry/service.ts'
import {
  addCounters,
  addGauge,
  type CollectedGauge,
  type CollectedMetric,
  type Label,
  type Values,
} from './collected-metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Metrics of features. Add them while the server is built. */
    featureMetrics: FeatureMetric[]
  }
}

/** A metric of a feature, read when it is asked for. Label values must come from a fixed set. */
export type FeatureMetric =
  | (CollectedGauge & { readonly type: 'gauge'; readonly read: () => number })
  | (CollectedMetric & Label & { readonly type: 'counters'; readonly read: () => Values })

/** Adds the metrics of the process as a server: its build, its readiness and its connections. */
export function addServerMetrics(registry: Registry, app: FastifyInstance, service: Service): void {
  const registers = [registry]
  new Gauge({
    name: 'messages_api_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['service', 'version', 'node'],
    aggregator: 'first',
    registers,
  }).set({ service: service.name, version: service.version, node: process.version }, 1)
  addGauge(
    registry,
    { name: 'server_ready', help: 'Whether /readyz responds with 200.', aggregator: 'min' },
    () => Number(!app.draining && app.notReady() === undefined),
  )
  addGauge(
    registry,
    { name: 'server_draining', help: 'Whether the server is shutting down.', aggregator: 'max' },
    () => Number(app.draining),
  )
  addGauge(
    registry,
    { name: 'connections_open', help: 'Open connections of clients.', aggregator: 'sum' },
    () => app.openConnections,
  )
  addGauge(
    registry,
    {
      name: 'connections_limit',
      help: 'Connections above which further ones are closed.',
      // Workers that share a port share its connections.
      aggregator: 'sum',
    },
    () => app.connectionLimit,
  )
  const dropped = new Counter({
    name: 'connections_dropped_total',
    help: 'Connections that were closed at once because there were too many.',
    registers,
  })
  app.server.on('drop', () => dropped.inc())
  for (const metric of app.featureMetrics) addFeatureMetric(registry, metric)
}

function addFeatureMetric(registry: Registry, metric: FeatureMetric): void {
  const { name, help } = metric
  if (metric.type === 'gauge')
    addGauge(registry, { name, help, aggregator: metric.aggregator }, metric.read)
  else addCounters(registry, { name, help, label: metric.label }, metric.read)
}
