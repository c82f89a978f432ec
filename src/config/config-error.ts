export interface ConfigProblem {
  /** Such as `PORT is invalid`. */
  readonly problem: string
  /** The expected value, if the problem does not say it. */
  readonly expected?: string | undefined
}

/** The configuration is invalid. The message lists every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ problem, expected }) =>
      expected === undefined ? problem : `${problem}: expected ${expected}`,
    )
    super(['Invalid configuration:', ...lines].join('\n  '))
    this.problems = problems
  }
}
