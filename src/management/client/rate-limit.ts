import { setTimeout } from 'node:timers/promises'

/** Times are in milliseconds. */
export interface Clock {
  now(): number
  sleep(time: number): Promise<unknown>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (time) => setTimeout(time),
}

/** The first wait if the tenant does not send a reset time. Each further wait is twice as long. */
const FIRST_WAIT_MS = 1000

/**
 * Waits until the tenant's rate limit resets. All requests of a command share one instance: while
 * the limit is exceeded, none is sent. The total waiting time is limited.
 */
export class RateLimit {
  readonly #clock: Clock
  #remainingBudgetMs: number
  /** Milliseconds since the epoch. */
  #closedUntil = 0

  constructor(clock: Clock, retryBudgetMs: number) {
    this.#clock = clock
    this.#remainingBudgetMs = retryBudgetMs
  }

  /** Resolves when a request may be sent. */
  async waitUntilOpen(): Promise<void> {
    for (let time = this.#remainingWait(); time > 0; time = this.#remainingWait()) {
      await this.#clock.sleep(time)
    }
  }

  /**
   * Records a 429 response.
   *
   * @param attempt how many times the request was retried before
   * @returns whether to retry: false if the wait would exceed the budget
   */
  recordExceeded(headers: Headers, attempt: number): boolean {
    const now = this.#clock.now()
    const until = Math.max(this.#closedUntil, now + waitTime(headers, now, attempt))
    const additional = until - Math.max(this.#closedUntil, now)
    if (additional > this.#remainingBudgetMs) return false
    this.#remainingBudgetMs -= additional
    this.#closedUntil = until
    return true
  }

  #remainingWait(): number {
    return this.#closedUntil - this.#clock.now()
  }
}

/** Uses the tenant's clock if the response has a date, since the clock of this machine may differ. */
function waitTime(headers: Headers, now: number, attempt: number): number {
  const backoff = FIRST_WAIT_MS * 2 ** attempt
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000
  if (!Number.isFinite(reset)) return backoff
  const tenantTime = Date.parse(headers.get('date') ?? '')
  return Math.max(
    reset - (Number.isNaN(tenantTime) ? now : tenantTime),
    attempt === 0 ? 0 : backoff,
  )
}
