const MIN_RESTART_DELAY_MS = 100
const MAX_RESTART_DELAY_MS = 5_000
/** If more workers end in this time than the limit, something is wrong with all of them. */
const WINDOW_MS = 60_000
const MIN_LIMIT = 5

/** Workers that ended by themselves in the last minute. */
export class Crashes {
  readonly #limit: number
  /** In the milliseconds of `performance.now()`. */
  #times: number[] = []

  constructor(workers: number) {
    this.#limit = Math.max(MIN_LIMIT, workers)
  }

  add(): void {
    const now = performance.now()
    this.#times = [...this.#times, now].filter((time) => now - time <= WINDOW_MS)
  }

  get count(): number {
    return this.#times.length
  }

  get isOverLimit(): boolean {
    return this.count > this.#limit
  }

  /** Until the worker is replaced, in milliseconds. */
  get restartDelay(): number {
    return Math.min(MIN_RESTART_DELAY_MS * 2 ** (this.count - 1), MAX_RESTART_DELAY_MS)
  }
}
