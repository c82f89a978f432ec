import { type Entrant, entrants } from '../contestants/all.ts'
import { Field } from '../contestants/field.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Tokens } from '../issuer/tokens.ts'
import type { Options } from '../options.ts'
import type { Results } from '../report/results.ts'

/** What each part of a run is given. A part returns what it has to say, as Markdown. */
export interface Bench {
  readonly options: Options
  readonly issuer: Issuer
  readonly tokens: Tokens
  readonly results: Results
}

/** Runs something with the chosen contestants started, and ends them after it. */
export async function withField<T>(
  { options, issuer, tokens }: Bench,
  run: (field: Field, all: readonly Entrant[]) => Promise<T>,
): Promise<T> {
  const all = entrants(options.only)
  const field = await Field.of(all, issuer, tokens)
  try {
    return await run(field, all)
  } finally {
    await field.stop()
  }
}
