import { median, spreadOf } from '../report/statistics.ts'
import { decimals, megabytes, table, whole } from '../report/table.ts'
import { residentBytes } from '../targets/process-usage.ts'
import { startTarget } from '../targets/start-target.ts'
import type { BenchContext } from './context.ts'

/**
 * The time from the start of a process to the first 200 of the public route (polled every few
 * milliseconds), and its resident memory at that moment.
 */
export async function startup({
  options,
  targets,
  issuer,
  results,
}: BenchContext): Promise<string> {
  const rows: string[][] = []
  const byTarget: Record<string, { milliseconds: number[]; residentBytes: number[] }> = {}
  for (const { target, version } of targets) {
    if (version === undefined) {
      rows.push([`${target.title} (not installed)`, '–', '–', '–'])
      continue
    }
    const milliseconds: number[] = []
    const resident: number[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      const running = await startTarget(target, issuer)
      milliseconds.push(running.startupMs)
      resident.push(residentBytes(running.pid))
      await running.stop()
    }
    byTarget[target.name] = { milliseconds, residentBytes: resident }
    const { median: middle, min, max } = spreadOf(milliseconds)
    const spread = `${whole(min)} – ${whole(max)}`
    rows.push([target.title, decimals(middle, 0), spread, megabytes(median(resident))])
  }
  results.record('startup', byTarget)
  return table(['startup', 'ms, median', 'min – max', 'resident, MB'], rows)
}
