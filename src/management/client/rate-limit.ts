/** The time, as it is needed to wait: milliseconds. */
export interface Clock {
  now(): number
  sleep(time: number): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (time) => new Promise((resolve) => setTimeout(resolve, time)),
}

/** How long a first wait is where the tenant does not say; each further one is twice as long. */
const FIRST_WAIT = 1000

/**
 * Waits out the rate limit of a tenant, for all requests of a run together and within a bound for
 * all of it: no request is sent before the limit resets.
 */
export class RateLimit {
  readonly #clock: Clock
  /** What may still be waited for, in milliseconds. */
  #patience: number
  #closedUntil = 0

  constructor(clock: Clock, patience: number) {
    this.#clock = clock
    this.#patience = patience
  }

  /** Resolves once a request may be sent. */
  async open(): Promise<void> {
    for (let time = this.#wait(); time > 0; time = this.#wait()) await this.#clock.sleep(time)
  }

  /**
   * Takes note of an answer 429.
   *
   * @param attempt how often the request was sent again before, from 0
   * @returns whether it is worth sending again: false where the wait would take too long
   */
  exceeded(headers: Headers, attempt: number): boolean {
    const now = this.#clock.now()
    const until = Math.max(this.#closedUntil, now + waitFor(headers, now, attempt))
    const longer = until - Math.max(this.#closedUntil, now)
    if (longer > this.#patience) return false
    this.#patience -= longer
    this.#closedUntil = until
    return true
  }

  #wait(): number {
    return this.#closedUntil - this.#clock.now()
  }
}

/** By the tenant's own clock where it says the time, since this machine's may differ. */
function waitFor(headers: Headers, now: number, attempt: number): number {
  const shortest = FIRST_WAIT * 2 ** attempt
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000
  if (!Number.isFinite(reset)) return shortest
  const theirs = Date.parse(headers.get('date') ?? '')
  return Math.max(reset - (Number.isNaN(theirs) ? now : theirs), attempt === 0 ? 0 : shortest)
}
