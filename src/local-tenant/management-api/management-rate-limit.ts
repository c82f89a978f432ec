import type { FastifyReply, FastifyRequest } from 'fastify'
import { ManagementApiError } from './management-api-error.ts'

/** The value of `x-ratelimit-limit`, in requests per second. Not enforced. */
const REQUESTS_PER_SECOND = 50

/** The rate limit of the Management API. It is exceeded only while the rate-limit fault is active. */
export class ManagementRateLimit {
  #exceededUntil = 0
  #sendHeaders = true

  /**
   * Responds with 429 to all requests for some time.
   *
   * @param seconds how long; 0 ends it
   * @param sendHeaders whether these responses have the headers `x-ratelimit-*`
   */
  exceed(seconds: number, sendHeaders: boolean): void {
    this.#exceededUntil = Date.now() + seconds * 1000
    this.#sendHeaders = sendHeaders
  }

  /** Seconds until it is no longer exceeded; 0 if it is not. */
  get secondsLeft(): number {
    return Math.max(0, Math.ceil((this.#exceededUntil - Date.now()) / 1000))
  }

  /** A hook that sends Auth0's rate limit headers. The reset is in seconds since the epoch. */
  readonly check = async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const isExceeded = Date.now() < this.#exceededUntil
    const reset = isExceeded ? this.#exceededUntil : Date.now() + 1000
    if (!isExceeded || this.#sendHeaders) {
      reply.headers({
        'x-ratelimit-limit': REQUESTS_PER_SECOND,
        'x-ratelimit-remaining': isExceeded ? 0 : REQUESTS_PER_SECOND - 1,
        'x-ratelimit-reset': Math.ceil(reset / 1000),
      })
    }
    if (isExceeded) {
      throw new ManagementApiError(429, 'Global limit has been reached', 'too_many_requests')
    }
  }
}
