import { formatRequest } from '../load/connection.ts'
import { findLoad, PATHS } from '../load/loads.ts'
import { measure } from '../load/measure.ts'
import { type PacedResult, sendPaced } from '../load/paced.ts'
import { median } from '../report/statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import { type BenchContext, withTargets } from './context.ts'

interface LatencyResult extends PacedResult {
  /** Requests per second that the client was meant to send. */
  readonly requestedRate: number
}

/** Below this share of the requested rate, the client itself may be what is measured. */
const MIN_RATE_SHARE = 0.98

/** The latency of one busy token at half the maximum throughput of each target. */
export async function latency(context: BenchContext): Promise<string> {
  const { options, targets, tokens, results } = context
  const request = formatRequest(PATHS.protected, tokens.busy.tokens[0])
  const byTarget: Record<string, LatencyResult[]> = {}
  return withTargets(context, async (pool) => {
    const measured = pool.running.filter(({ target }) => target.loads === undefined)
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const running of measured) {
        const { name } = running.target
        process.stderr.write(`round ${round}: latency, ${name}\n`)
        // This also warms up the target.
        const now = await measure(running, findLoad('busy'), tokens, options)
        const maximum = results.statistics.median({ target: name, load: 'busy' }, 'perSecond')
        const requestedRate = (Number.isNaN(maximum) ? now.perSecond : maximum) / 2
        const { port } = running
        const { connections, seconds } = options
        const result = await sendPaced({
          port,
          request,
          perSecond: requestedRate,
          connections,
          seconds,
        })
        running.emptyLog()
        byTarget[name] = [...(byTarget[name] ?? []), { requestedRate, ...result }]
        results.record('latency', byTarget)
      }
    }
    const rows = targets
      .filter(({ target }) => target.loads === undefined)
      .map(({ target: { name, title } }) => {
        const rounds = byTarget[name] ?? []
        const medianOf = (key: keyof LatencyResult) => median(rounds.map((round) => round[key]))
        const isBehind = rounds.some(
          ({ perSecond, requestedRate }) => perSecond < MIN_RATE_SHARE * requestedRate,
        )
        const failed = rounds.reduce((sum, round) => sum + round.failed, 0)
        const reason = pool.skipped.get(name)?.split(':')[0]
        const notes = [
          reason,
          isBehind ? 'rate not reached' : '',
          failed > 0 ? `${failed} failed` : '',
        ]
        return [
          title,
          whole(medianOf('requestedRate')),
          decimals(medianOf('p50')),
          decimals(medianOf('p99')),
          notes.filter(Boolean).join(', '),
        ]
      })
    return table(
      ['one busy token at half load', 'requests per second', 'p50, ms', 'p99, ms', ''],
      rows,
    )
  })
}
