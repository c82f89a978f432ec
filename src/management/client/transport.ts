import { boundedFetch, type Fetch } from '../../utils/bounded-fetch.ts'
import { ManagementError } from './errors.ts'
import { type Clock, RateLimit } from './rate-limit.ts'

export interface TransportOptions {
  /** For one request, including the response body. */
  readonly timeoutMs: number
  /** The total time to wait for rate limits. */
  readonly retryBudgetMs: number
  readonly clock: Clock
}

/** The largest response. Connections and users have parts of any size. */
const MAX_BYTES = 8 * 1024 * 1024

/** Concurrent requests. Every Auth0 plan allows more. */
const MAX_CONCURRENCY = 4

/**
 * Creates a `fetch` for one tenant, with limited concurrency, a timeout, and a retry after a rate
 * limit. Nothing else is retried: a request without a response may still have changed something.
 *
 * @throws ManagementError `timeout`, `unreachable`
 */
export function createFetch({ timeoutMs, retryBudgetMs, clock }: TransportOptions): Fetch {
  const rateLimit = new RateLimit(clock, retryBudgetMs)
  const semaphore = new Semaphore(MAX_CONCURRENCY)
  return async (input, init) => {
    const url = String(input)
    for (let attempt = 0; ; attempt++) {
      const response = await semaphore.run(async () => {
        await rateLimit.waitUntilOpen()
        return send(url, init, timeoutMs)
      })
      if (response.status !== 429) return response
      if (!rateLimit.recordExceeded(response.headers, attempt)) return response
    }
  }
}

/** Without the signal of the caller: the SDK's timeout would include the waiting time. */
async function send(url: string, init: RequestInit | undefined, timeoutMs: number) {
  try {
    const bounds = { timeoutMs, maxBytes: MAX_BYTES }
    return await boundedFetch(url, bounds, { ...init, redirect: 'error' })
  } catch (error) {
    throw connectionError(error as Error, new URL(url).origin, timeoutMs)
  }
}

function connectionError(error: Error, origin: string, timeoutMs: number): ManagementError {
  if (error.name === 'TimeoutError') {
    const description = `${origin} did not respond within ${timeoutMs / 1000} s.`
    return new ManagementError('timeout', description)
  }
  if (error.cause === undefined) {
    return new ManagementError(
      'server_error',
      `${origin} did not respond as expected. ${error.message}.`,
    )
  }
  // The message of fetch() is always "fetch failed".
  const { code, message } = error.cause as NodeJS.ErrnoException
  const description = `Cannot reach ${origin} (${code ?? message}).`
  return new ManagementError('unreachable', description)
}

/** Limits how many tasks run at once. Waiting tasks start in the order of their arrival. */
class Semaphore {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
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
