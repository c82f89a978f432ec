import { ManagementError } from './errors.ts'
import { type Clock, RateLimit } from './rate-limit.ts'

export interface TransportOptions {
  /** For one request, its answer included, in milliseconds. */
  readonly timeout: number
  /** How long rate limits are waited for in all, in milliseconds. */
  readonly patience: number
  readonly clock: Clock
}

/** How many requests are under way at once: well within what every plan of the vendor allows. */
const CONCURRENCY = 4

/**
 * A `fetch` for the calls to one tenant: few at once, each bounded in time, sent again after a rate
 * limit. Nothing else is sent again, since a lost answer may belong to a change that was made.
 *
 * @throws ManagementError `timeout`, `unreachable`
 */
export function transport({ timeout, patience, clock }: TransportOptions): typeof fetch {
  const rateLimit = new RateLimit(clock, patience)
  const slots = new Slots(CONCURRENCY)
  return async (input, init) => {
    const url = String(input)
    for (let attempt = 0; ; attempt++) {
      const response = await slots.use(async () => {
        await rateLimit.open()
        return send(url, init, timeout)
      })
      if (response.status !== 429) return response
      if (!rateLimit.exceeded(response.headers, attempt)) return response
    }
  }
}

/** The signal of the caller is left out: the SDK's would count the waits as well. */
async function send(url: string, init: RequestInit | undefined, timeout: number) {
  try {
    const signal = AbortSignal.timeout(timeout)
    const response = await fetch(url, { ...init, signal, redirect: 'error' })
    const body = await response.text()
    const { status, headers } = response
    return new Response(body === '' ? null : body, { status, headers })
  } catch (error) {
    throw failure(error as Error, new URL(url).origin, timeout)
  }
}

function failure(error: Error, origin: string, timeout: number): ManagementError {
  if (error.name === 'TimeoutError') {
    const description = `${origin} did not answer within ${timeout / 1000} s.`
    return new ManagementError('timeout', description)
  }
  // What fetch throws says no more than that it failed.
  const { code, message } = error.cause as NodeJS.ErrnoException
  const description = `${origin} cannot be reached (${code ?? message}).`
  return new ManagementError('unreachable', description)
}

/** Lets a bounded number of tasks run at once, in the order in which they came. */
class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#free--
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
