import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findLoad } from '../load/loads.ts'
import type { RoundMeasurement } from '../load/measure.ts'
import { LoadStatistics } from '../report/load-statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import { launchOurs, ours } from '../targets/our-server.ts'
import type { Target } from '../targets/target.ts'
import { type BenchContext, withTargets } from './context.ts'
import { measureRounds } from './measure-rounds.ts'

const BUSY = findLoad('busy')

/** What traces cost: without them, with sampling off, with 10 % and with all requests. */
export async function telemetry(context: BenchContext): Promise<string> {
  const { options, tokens, results } = context
  const collector = createServer((request, response) =>
    request.on('end', () => response.end()).resume(),
  )
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  const { port } = collector.address() as AddressInfo
  const off: Target = { ...ours, title: 'without traces', loads: [BUSY.name] }
  const traced = (name: string, title: string, ratio: string): Target => ({
    ...off,
    name,
    title,
    launch: async (issuer) =>
      launchOurs(issuer, {
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
          OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
          OTEL_TRACES_SAMPLER_ARG: ratio,
        },
      }),
  })
  const all = [
    off,
    traced('sampling-off', 'sampling off', '0'),
    traced('sampling-10', '10 % sampled', '0.1'),
    traced('sampling-all', 'all sampled', '1'),
  ]
  const targets = all.map((target) => ({ target, version: target.version() }))
  const measurements: RoundMeasurement[] = []
  await withTargets({ ...context, targets }, (pool) =>
    measureRounds(pool, tokens, { ...options, loads: [BUSY.name] }, (one) => {
      measurements.push(one)
      results.record('telemetry', { rounds: measurements })
    }),
  )
  collector.closeAllConnections()
  collector.close()
  const statistics = new LoadStatistics(measurements)
  const base = { target: off.name, load: BUSY.name }
  const rows = all.map(({ name, title }) => {
    const cell = { target: name, load: BUSY.name }
    return [
      title,
      whole(statistics.median(cell, 'perSecond')),
      decimals(statistics.ratio(cell, base)?.median ?? NaN),
      decimals(statistics.median(cell, 'cpuPerRequest'), 1),
    ]
  })
  return table(['server', 'requests per second', 'ratio to no traces', 'CPU per request, µs'], rows)
}
