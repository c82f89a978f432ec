import type { Field } from '../contestants/field.ts'
import type { Running } from '../contestants/running.ts'
import type { Tokens } from '../issuer/tokens.ts'
import { LOADS, type Load, loadNamed } from '../load/loads.ts'
import { type Measurement, measure } from '../load/measure.ts'
import type { Options } from '../options.ts'
import { loadsReport } from '../report/loads.ts'
import { type Bench, withField } from './part.ts'

export interface RoundMeasurement extends Measurement {
  /** From 1. */
  readonly round: number
}

/**
 * Rounds of short measurements, one contestant after the other within each load, so that whatever
 * else the machine does meets all of them. Who comes first changes from round to round.
 */
export async function loads(bench: Bench): Promise<string> {
  const { options, tokens, results } = bench
  const chosen = options.loads?.map(loadNamed) ?? LOADS
  const rounds: RoundMeasurement[] = []
  return withField(bench, async (field, entrants) => {
    await measureRounds(field, tokens, options, (measurement) => {
      rounds.push(measurement)
      results.recordLoads(rounds)
    })
    const { absent } = field
    results.record('absent', Object.fromEntries(absent))
    return loadsReport({ entrants, absent, loads: chosen, rounds })
  })
}

export async function measureRounds(
  field: Field,
  tokens: Tokens,
  options: Options,
  onMeasured: (measurement: RoundMeasurement) => void,
): Promise<void> {
  const chosen = options.loads?.map(loadNamed) ?? LOADS
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const load of chosen) {
      const all = field.running.filter(({ contestant }) => takesPart(contestant.loads, load))
      const shift = (round - 1) % Math.max(1, all.length)
      for (const running of [...all.slice(shift), ...all.slice(0, shift)]) {
        const { name } = running.contestant
        try {
          const ready = load.once ? await startAnew(field, running, tokens, options) : running
          process.stderr.write(`round ${round}: ${load.name}, ${name}\n`)
          onMeasured({ round, ...(await measure(ready, load, tokens, options)) })
        } catch (error) {
          await field.leave(name, `failed in round ${round}, ${load.name}: ${String(error)}`)
        }
      }
    }
  }
}

function takesPart(loads: readonly string[] | undefined, { name }: Load): boolean {
  return loads?.includes(name) ?? true
}

/**
 * A process that has seen no token, so that none is remembered from an earlier round; warmed with
 * one token, or its code would be the only code that was not compiled yet.
 */
async function startAnew(
  field: Field,
  old: Running,
  tokens: Tokens,
  options: Options,
): Promise<Running> {
  const running = await field.restart(old)
  await measure(running, loadNamed('busy'), tokens, { ...options, seconds: 1 })
  return running
}
