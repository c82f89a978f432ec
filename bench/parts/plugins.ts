import type { RoundMeasurement } from '../load/measure.ts'
import { LoadStatistics } from '../report/load-statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import { ours } from '../targets/our-server.ts'
import { listPluginSteps, pluginStep } from '../targets/plugin-steps.ts'
import type { SelectedTarget } from '../targets/select-targets.ts'
import { type BenchContext, withTargets } from './context.ts'
import { measureRounds } from './measure-rounds.ts'

/** What each step from a bare Fastify route to the whole server costs, on the public route. */
export async function plugins(context: BenchContext): Promise<string> {
  const { options, tokens, results } = context
  const steps = ['bare Fastify route', ...listPluginSteps()]
  const targets: SelectedTarget[] = [
    ...[...steps.keys()].map(pluginStep),
    { ...ours, loads: ['public'] },
  ].map((target) => ({ target, version: target.version() }))
  const measurements: RoundMeasurement[] = []
  const skipped = await withTargets({ ...context, targets }, async (pool) => {
    await measureRounds(pool, tokens, { ...options, loads: ['public'] }, (measurement) => {
      measurements.push(measurement)
      results.record('plugins', { steps, rounds: measurements })
    })
    return pool.skipped
  })
  const statistics = new LoadStatistics(measurements)
  const cell = ({ target }: SelectedTarget) => ({ target: target.name, load: 'public' })
  const rows = targets.map((selected, index) => {
    const previous = targets[index - 1] ?? selected
    const ratioTo = (base: SelectedTarget) =>
      statistics.ratio(cell(selected), cell(base))?.median ?? NaN
    const cost = statistics.median(cell(selected), 'cpuPerRequest')
    const what = steps[index] ?? 'the whole server: also metrics, health routes and 405 responses'
    const reason = skipped.get(selected.target.name)
    return [
      `${index === 0 ? '' : '+ '}${what}${reason === undefined ? '' : ` (${reason.slice(0, 80)})`}`,
      whole(statistics.median(cell(selected), 'perSecond')),
      decimals(ratioTo(targets[0] ?? selected)),
      decimals(ratioTo(previous)),
      decimals(cost, 1),
      decimals(cost - statistics.median(cell(previous), 'cpuPerRequest'), 1),
    ]
  })
  return table(
    [
      'step',
      'requests per second',
      'ratio to bare',
      'ratio to previous step',
      'CPU per request, µs',
      'more than previous, µs',
    ],
    rows,
  )
}
