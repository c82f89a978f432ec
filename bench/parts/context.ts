import type { Issuer } from '../issuer/issuer.ts'
import type { Tokens } from '../issuer/tokens.ts'
import type { Options } from '../options.ts'
import type { Results } from '../report/results.ts'
import type { SelectedTarget } from '../targets/select-targets.ts'
import { TargetPool } from '../targets/target-pool.ts'

/** What each part of a run needs. A part returns its report as Markdown. */
export interface BenchContext {
  readonly options: Options
  readonly targets: readonly SelectedTarget[]
  readonly issuer: Issuer
  readonly tokens: Tokens
  readonly results: Results
}

/** Starts the targets, runs a function, and stops them. */
export async function withTargets<T>(
  { targets, issuer, tokens }: Pick<BenchContext, 'targets' | 'issuer' | 'tokens'>,
  run: (pool: TargetPool) => Promise<T>,
): Promise<T> {
  const pool = await TargetPool.start(targets, issuer, tokens)
  try {
    return await run(pool)
  } finally {
    await pool.stop()
  }
}
