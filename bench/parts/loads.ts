import type { RoundMeasurement } from '../load/measure.ts'
import { loadsReport } from '../report/loads.ts'
import { type BenchContext, withTargets } from './context.ts'
import { measureRounds, selectLoads } from './measure-rounds.ts'

/** Throughput and CPU time per request, of each target under each load. */
export async function loads(context: BenchContext): Promise<string> {
  const { options, targets, tokens, results } = context
  const measurements: RoundMeasurement[] = []
  return withTargets(context, async (pool) => {
    await measureRounds(pool, tokens, options, (measurement) => {
      measurements.push(measurement)
      results.recordLoads(measurements)
    })
    const { skipped } = pool
    results.record('skipped', Object.fromEntries(skipped))
    return loadsReport({ targets, skipped, loads: selectLoads(options), measurements })
  })
}
