import { execFileSync } from 'node:child_process'
import type { Entrant } from '../contestants/all.ts'
import { Field } from '../contestants/field.ts'
import { ours, PLUGIN_STEPS, pluginStep } from '../contestants/node.ts'
import { Figures } from '../report/figures.ts'
import { decimals, table, whole } from '../report/table.ts'
import { measureRounds, type RoundMeasurement } from './loads.ts'
import type { Bench } from './part.ts'

/** What each step from a bare Fastify route to the whole server costs, on the public route. */
export async function plugins({ options, issuer, tokens, results }: Bench): Promise<string> {
  const listed = execFileSync(process.execPath, [PLUGIN_STEPS, '--list'], { encoding: 'utf8' })
  const steps: string[] = ['bare Fastify route', ...JSON.parse(listed)]
  const contestants = [...steps.keys()].map((index) => pluginStep(index))
  const server = { ...ours, loads: ['public'] }
  const entrants: Entrant[] = [...contestants, server].map((contestant) => ({
    contestant,
    version: contestant.version(),
  }))
  const rounds: RoundMeasurement[] = []
  const field = await Field.of(entrants, issuer, tokens)
  try {
    await measureRounds(field, tokens, { ...options, loads: ['public'] }, (measurement) => {
      rounds.push(measurement)
      results.record('plugins', { steps, rounds })
    })
  } finally {
    await field.stop()
  }
  const figures = new Figures(rounds)
  const cell = ({ contestant }: Entrant) => ({ contestant: contestant.name, load: 'public' })
  const rows = entrants.map((entrant, index) => {
    const before = entrants[index - 1] ?? entrant
    const ratioTo = (base: Entrant) => figures.ratio(cell(entrant), cell(base))?.median ?? NaN
    const cost = figures.median(cell(entrant), 'cpuPerRequest')
    const what = steps[index] ?? 'the server, with metrics, health routes and 405s'
    const why = field.absent.get(entrant.contestant.name)
    return [
      `${index === 0 ? '' : '+ '}${what}${why === undefined ? '' : ` (${why.slice(0, 80)})`}`,
      whole(figures.median(cell(entrant), 'perSecond')),
      decimals(ratioTo(entrants[0] ?? entrant)),
      decimals(ratioTo(before)),
      decimals(cost, 1),
      decimals(cost - figures.median(cell(before), 'cpuPerRequest'), 1),
    ]
  })
  return table(
    [
      'step by step',
      'requests a second',
      'to bare',
      'to the step before',
      'µs a request',
      'µs more',
    ],
    rows,
  )
}
