import type { Entrant } from '../contestants/all.ts'
import type { Load } from '../load/loads.ts'
import type { RoundMeasurement } from '../parts/loads.ts'
import { type Cell, Figures } from './figures.ts'
import { GOALS } from './goals.ts'
import { decimals, table, whole } from './table.ts'

export interface LoadsReport {
  readonly entrants: readonly Entrant[]
  readonly absent: ReadonlyMap<string, string>
  readonly loads: readonly Load[]
  readonly rounds: readonly RoundMeasurement[]
}

/** What the loads came to, as Markdown: one table for each question. */
export function loadsReport({ entrants, absent, loads, rounds }: LoadsReport): string {
  const figures = new Figures(rounds)
  const grid = (first: string, cell: (cell: Cell) => string) =>
    table(
      [first, ...loads.map(({ title }) => title)],
      entrants.map(({ contestant: { name, title } }) => {
        const why = absent.get(name)
        const cells = loads.map((load) => cell({ contestant: name, load: load.name }))
        return [why === undefined ? title : `${title} (${oneLine(why)})`, ...cells]
      }),
    )
  const ratio = (of: Cell, to: Cell) => decimals(figures.ratio(of, to)?.median ?? NaN)
  const ours = (load: string): Cell => ({ contestant: 'ours', load })
  return [
    grid('requests a second, median', (cell) => whole(figures.median(cell, 'perSecond'))),
    grid('ratio to our public route', (cell) => ratio(cell, ours('public'))),
    grid('how often as fast we are', (cell) => ratio(ours(cell.load), cell)),
    grid('processor time a request, µs', (cell) =>
      decimals(figures.median(cell, 'cpuPerRequest'), 0),
    ),
    grid('of which in the kernel', (cell) => decimals(figures.median(cell, 'kernelPerRequest'), 0)),
    grid('cores in use', (cell) => decimals(figures.median(cell, 'cores'))),
    goalsTable(figures),
    notCounted(rounds),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function goalsTable(figures: Figures): string {
  const rows = GOALS.flatMap(({ of, to, atLeast }) => {
    const ratio = figures.ratio(of, to)
    if (ratio === undefined) return []
    const spread = `${decimals(ratio.least)} – ${decimals(ratio.most)}`
    const verdict = ratio.median >= atLeast ? 'reached' : 'short'
    const what = `${of.contestant} ${of.load} / ${to.contestant} ${to.load}`
    return [[what, decimals(atLeast), decimals(ratio.median), spread, verdict]]
  })
  if (rows.length === 0) return ''
  return table(['ratio within a round', 'goal', 'median', 'least – most', ''], rows)
}

/** A figure left out is said to be. */
function notCounted(rounds: readonly RoundMeasurement[]): string {
  return rounds
    .filter(({ invalid }) => invalid !== undefined)
    .map(
      ({ round, contestant, load, invalid }) =>
        `Not counted: ${contestant}, ${load}, round ${round}: ${invalid}.`,
    )
    .join('\n')
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 120)
}
