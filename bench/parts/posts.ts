import { CREATE } from '../load/loads.ts'
import type { RoundMeasurement } from '../load/measure.ts'
import { LoadStatistics } from '../report/load-statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import { barePosts, ourPosts } from '../targets/posts.ts'
import { type BenchContext, withTargets } from './context.ts'
import { measureRounds } from './measure-rounds.ts'

/** A validated POST with permission and limit, next to the same route on bare Fastify. */
export async function posts(context: BenchContext): Promise<string> {
  const { options, tokens, results } = context
  const targets = [barePosts, ourPosts].map((target) => ({ target, version: target.version() }))
  const measurements: RoundMeasurement[] = []
  await withTargets({ ...context, targets }, (pool) =>
    measureRounds(pool, tokens, { ...options, loads: [CREATE.name] }, (measurement) => {
      measurements.push(measurement)
      results.record('posts', { rounds: measurements })
    }),
  )
  const statistics = new LoadStatistics(measurements)
  const cell = (name: string) => ({ target: name, load: CREATE.name })
  const rows = targets.map(({ target: { name, title } }) => [
    title,
    whole(statistics.median(cell(name), 'perSecond')),
    decimals(statistics.ratio(cell(name), cell(barePosts.name))?.median ?? NaN),
    decimals(statistics.median(cell(name), 'cpuPerRequest'), 1),
  ])
  return table(['target', 'requests per second', 'ratio to bare', 'CPU per request, µs'], rows)
}
