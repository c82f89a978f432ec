import type { FastifyReply, FastifyRequest } from 'fastify'
import { ManagementError } from './management-error.ts'

/** How many requests a window of one second takes; it is only said, and never enforced. */
const LIMIT = 50

/** The rate limit of the Management API: exceeded when somebody asks for that, and never else. */
export class RateLimit {
  #until = 0
  #saysReset = true

  /**
   * @param seconds for how long every request is one too many
   * @param saysReset whether the answer tells when it ends
   */
  exceed(seconds: number, saysReset: boolean): void {
    this.#until = Date.now() + seconds * 1000
    this.#saysReset = saysReset
  }

  /** A hook that says what is left, as the vendor does; times are in seconds since the epoch. */
  readonly check = async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const isExceeded = Date.now() < this.#until
    const reset = isExceeded ? this.#until : Date.now() + 1000
    if (!isExceeded || this.#saysReset) {
      reply.headers({
        'x-ratelimit-limit': LIMIT,
        'x-ratelimit-remaining': isExceeded ? 0 : LIMIT - 1,
        'x-ratelimit-reset': Math.ceil(reset / 1000),
      })
    }
    if (isExceeded) {
      throw new ManagementError(429, 'Global limit has been reached', 'too_many_requests')
    }
  }
}
