import type { Load } from '../load/loads.ts'
import type { RoundMeasurement } from '../load/measure.ts'
import { hasOtherBuild, type SelectedTarget } from '../targets/select-targets.ts'
import { buildsReport } from './builds.ts'
import { GOALS } from './goals.ts'
import { type Cell, LoadStatistics } from './load-statistics.ts'
import { decimals, table, whole } from './table.ts'

export interface LoadsResult {
  readonly targets: readonly SelectedTarget[]
  /** Why a target was not measured, by its name. */
  readonly skipped: ReadonlyMap<string, string>
  readonly loads: readonly Load[]
  readonly measurements: readonly RoundMeasurement[]
}

/** The results of the loads as Markdown: one table for each metric. */
export function loadsReport({ targets, skipped, loads, measurements }: LoadsResult): string {
  const statistics = new LoadStatistics(measurements)
  const grid = (title: string, format: (cell: Cell) => string) =>
    table(
      [title, ...loads.map((load) => load.title)],
      targets.map(({ target }) => {
        const reason = skipped.get(target.name)
        const cells = loads.map((load) => format({ target: target.name, load: load.name }))
        return [
          reason === undefined ? target.title : `${target.title} (${oneLine(reason)})`,
          ...cells,
        ]
      }),
    )
  const ratio = (of: Cell, to: Cell) => decimals(statistics.ratio(of, to)?.median ?? NaN)
  const ours = (load: string): Cell => ({ target: 'ours', load })
  return [
    grid('requests per second, median', (cell) => whole(statistics.median(cell, 'perSecond'))),
    grid('ratio to our public route', (cell) => ratio(cell, ours('public'))),
    grid('ratio of ours to it', (cell) => ratio(ours(cell.load), cell)),
    grid('CPU time per request, µs', (cell) =>
      decimals(statistics.median(cell, 'cpuPerRequest'), 0),
    ),
    grid('of which in the kernel', (cell) =>
      decimals(statistics.median(cell, 'kernelPerRequest'), 0),
    ),
    grid('cores in use', (cell) => decimals(statistics.median(cell, 'cores'))),
    goalsTable(statistics),
    hasOtherBuild(targets) ? buildsReport(statistics, loads) : '',
    invalidMeasurements(measurements),
  ]
    .filter((section) => section !== '')
    .join('\n\n')
}

function goalsTable(statistics: LoadStatistics): string {
  const rows = GOALS.flatMap(({ of, to, atLeast }) => {
    const ratio = statistics.ratio(of, to)
    if (ratio === undefined) return []
    const spread = `${decimals(ratio.min)} – ${decimals(ratio.max)}`
    const result = ratio.median >= atLeast ? 'reached' : 'missed'
    const what = `${of.target} ${of.load} / ${to.target} ${to.load}`
    return [[what, decimals(atLeast), decimals(ratio.median), spread, result]]
  })
  if (rows.length === 0) return ''
  return table(['ratio within a round', 'goal', 'median', 'min – max', ''], rows)
}

function invalidMeasurements(measurements: readonly RoundMeasurement[]): string {
  return measurements
    .filter(({ invalid }) => invalid !== undefined)
    .map(
      ({ round, target, load, invalid }) =>
        `Not counted: ${target}, ${load}, round ${round}: ${invalid}.`,
    )
    .join('\n')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 120)
}
