import { entrants } from '../contestants/all.ts'
import { residentBytes } from '../contestants/processes.ts'
import { start } from '../contestants/running.ts'
import { median, spreadOf } from '../report/statistics.ts'
import { decimals, megabytes, table, whole } from '../report/table.ts'
import type { Bench } from './part.ts'

/**
 * From the start of a process to the first 200 on the public route (asked every few milliseconds),
 * and what it holds in memory right then.
 */
export async function startup({ options, issuer, results }: Bench): Promise<string> {
  const rows: string[][] = []
  const figures: Record<string, { milliseconds: number[]; residentBytes: number[] }> = {}
  for (const { contestant, version } of entrants(options.only)) {
    if (version === undefined) {
      rows.push([`${contestant.title} (missing)`, '–', '–', '–'])
      continue
    }
    const milliseconds: number[] = []
    const resident: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      const running = await start(contestant, issuer)
      milliseconds.push(running.startUp)
      resident.push(residentBytes(running.pid))
      await running.stop()
    }
    figures[contestant.name] = { milliseconds, residentBytes: resident }
    const { median: middle, least, most } = spreadOf(milliseconds)
    const spread = `${whole(least)} – ${whole(most)}`
    rows.push([contestant.title, decimals(middle, 0), spread, megabytes(median(resident))])
  }
  results.record('startup', figures)
  return table(['start-up', 'ms, median', 'least – most', 'resident, MB'], rows)
}
