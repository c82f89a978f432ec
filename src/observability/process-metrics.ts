import { type Aggregator, collectDefaultMetrics, type Gauge, type Registry } from 'prom-client'

/** Gauges of prom-client that are named like counters. Others have the same values. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`)

/**
 * What prom-client adds up, averages or leaves out. Each process has the limit of open files for itself, one event
 * loop that is delayed is as bad if others are not, and a worker that was replaced is a restart.
 */
const AGGREGATORS: Readonly<Record<string, Aggregator>> = {
  process_start_time_seconds: 'max',
  process_open_fds: 'max',
  process_max_fds: 'min',
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_stddev_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
}

/** Adds the metrics of the process: processor, memory, open files, event loop. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  for (const [name, aggregator] of Object.entries(AGGREGATORS)) {
    // Some exist on Linux only.
    const metric = registry.getSingleMetric(name) as
      | (Gauge & { aggregator: Aggregator })
      | undefined
    if (metric !== undefined) metric.aggregator = aggregator
  }
}
