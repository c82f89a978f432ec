import { requestOf } from '../load/connection.ts'
import { loadNamed, PATHS } from '../load/loads.ts'
import { measure } from '../load/measure.ts'
import { type PacedResult, paced } from '../load/paced.ts'
import { median } from '../report/statistics.ts'
import { decimals, table, whole } from '../report/table.ts'
import { type Bench, withField } from './part.ts'

interface Paced extends PacedResult {
  readonly asked: number
}

/** A client that falls behind by more measures itself. */
const KEPT_PACE = 0.98

/** How long one busy token waits at half of what each contestant is able to do with it. */
export async function latency(bench: Bench): Promise<string> {
  const { options, tokens, results } = bench
  const request = requestOf(PATHS.protected, tokens.busy.tokens[0])
  const figures: Record<string, Paced[]> = {}
  return withField(bench, async (field, entrants) => {
    const taking = field.running.filter(({ contestant }) => contestant.loads === undefined)
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const running of taking) {
        const { name } = running.contestant
        process.stderr.write(`round ${round}: latency, ${name}\n`)
        // It warms the contestant up, too.
        const now = await measure(running, loadNamed('busy'), tokens, options)
        const most = results.figures.median({ contestant: name, load: 'busy' }, 'perSecond')
        const asked = (Number.isNaN(most) ? now.perSecond : most) / 2
        const { port } = running
        const { connections, seconds } = options
        const result = await paced({ port, request, perSecond: asked, connections, seconds })
        running.emptyLog()
        figures[name] = [...(figures[name] ?? []), { asked, ...result }]
        results.record('latency', figures)
      }
    }
    const rows = entrants
      .filter(({ contestant }) => contestant.loads === undefined)
      .map(({ contestant: { name, title } }) => {
        const rounds = figures[name] ?? []
        const of = (key: keyof Paced) => median(rounds.map((round) => round[key]))
        const behind = rounds.some(({ perSecond, asked }) => perSecond < KEPT_PACE * asked)
        const failed = rounds.reduce((sum, round) => sum + round.failed, 0)
        const why = field.absent.get(name)?.split(':')[0]
        const notes = [why, behind ? 'pace not kept' : '', failed > 0 ? `${failed} failed` : '']
        return [
          title,
          whole(of('asked')),
          decimals(of('p50')),
          decimals(of('p99')),
          notes.filter(Boolean).join(', '),
        ]
      })
    return table(
      ['one busy token at half load', 'requests a second', 'p50, ms', 'p99, ms', ''],
      rows,
    )
  })
}
