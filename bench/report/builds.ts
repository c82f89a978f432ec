import type { Load } from '../load/loads.ts'
import { OTHER_BUILD } from '../targets/our-server.ts'
import type { LoadStatistics } from './load-statistics.ts'
import { decimals, table, whole } from './table.ts'

/** This build compared with the one in `--against`, load by load, as Markdown. */
export function buildsReport(statistics: LoadStatistics, loads: readonly Load[]): string {
  const rows = loads.map(({ name, title }) => {
    const [ours, other] = [
      { target: 'ours', load: name },
      { target: OTHER_BUILD, load: name },
    ]
    const ratios = statistics.ratios(ours, other)
    const throughput = statistics.ratio(ours, other)
    const cpu = statistics.ratio(ours, other, 'cpuPerRequest')
    return [
      title,
      whole(statistics.median(ours, 'perSecond')),
      whole(statistics.median(other, 'perSecond')),
      decimals(throughput?.median ?? NaN, 3),
      `${decimals(throughput?.min ?? NaN, 3)} – ${decimals(throughput?.max ?? NaN, 3)}`,
      `${ratios.filter((ratio) => ratio > 1).length} of ${ratios.length}`,
      decimals(cpu?.median ?? NaN, 3),
    ]
  })
  return table(
    [
      'ours / other build, within a round',
      'ours, requests per second',
      'other',
      'ratio, median',
      'min – max',
      'rounds in which ours was faster',
      'ratio of CPU time per request',
    ],
    rows,
  )
}
