import type { Tokens } from '../issuer/tokens.ts'
import { findLoad, LOADS, type Load } from '../load/loads.ts'
import { measure, type RoundMeasurement } from '../load/measure.ts'
import type { Options } from '../options.ts'
import type { RunningTarget } from '../targets/start-target.ts'
import type { Target } from '../targets/target.ts'
import type { TargetPool } from '../targets/target-pool.ts'

/** The loads of a run: those in `--loads`, or all. */
export function selectLoads({ loads }: Pick<Options, 'loads'>): readonly Load[] {
  return loads?.map(findLoad) ?? LOADS
}

/**
 * Interleaved rounds of short measurements: within each load, one target directly after the other,
 * so that other activity on the machine affects all of them. The order changes with each round. A
 * target that fails is removed from the pool.
 */
export async function measureRounds(
  pool: TargetPool,
  tokens: Tokens,
  options: Options,
  onMeasured: (measurement: RoundMeasurement) => void,
): Promise<void> {
  const loads = selectLoads(options)
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const load of loads) {
      const all = pool.running.filter(({ target }) => supports(target, load))
      const shift = (round - 1) % Math.max(1, all.length)
      for (const running of [...all.slice(shift), ...all.slice(0, shift)]) {
        const { name } = running.target
        try {
          const ready = load.uniqueTokens
            ? await restartWarm(pool, running, tokens, options)
            : running
          process.stderr.write(`round ${round}: ${load.name}, ${name}\n`)
          onMeasured({ round, ...(await measure(ready, load, tokens, options)) })
        } catch (error) {
          await pool.remove(name, `failed in round ${round}, ${load.name}: ${String(error)}`)
        }
      }
    }
  }
}

function supports({ name, loads }: Target, load: Load): boolean {
  return (loads?.includes(load.name) ?? true) && (load.targets?.includes(name) ?? true)
}

/**
 * A new process, so that no token is cached from an earlier round. It is warmed up with one token,
 * because otherwise its code would not be compiled yet.
 */
async function restartWarm(
  pool: TargetPool,
  old: RunningTarget,
  tokens: Tokens,
  options: Options,
): Promise<RunningTarget> {
  const running = await pool.restart(old)
  await measure(running, findLoad('busy'), tokens, { ...options, seconds: 1 })
  return running
}
