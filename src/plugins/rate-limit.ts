import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { StatusError } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** How often clients have come with bad tokens, by address. */
    authFailures: AuthFailures
  }
}

export interface AuthFailures {
  /** @throws StatusError 429 where the client's address has failed too often within a minute */
  check(request: FastifyRequest): Promise<void>
  count(request: FastifyRequest): Promise<void>
}

export interface RateLimitOptions {
  /** Failed authentications a minute and address; undefined for no limit. */
  readonly authFailuresMax: number | undefined
}

/** So many addresses are kept in mind; those not heard of for longest are forgotten first. */
const MAX_ADDRESSES = 10_000

/** Bounds how often an address may fail before its unknown tokens are no longer looked at. */
export const rateLimit = fp<RateLimitOptions>(
  async (app, { authFailuresMax: max }) => {
    if (max === undefined) {
      const nothing = async () => {}
      app.decorate('authFailures', { check: nothing, count: nothing })
      return
    }
    await app.register(fastifyRateLimit, { global: false, cache: MAX_ADDRESSES })
    const limit = app.createRateLimit({ max, timeWindow: '1 minute' })
    app.decorate('authFailures', {
      async check(request) {
        const status = await limit(request, { increment: false })
        if (status.isAllowed || status.remaining > 0) return
        throw new StatusError(
          429,
          { 'retry-after': String(status.ttlInSeconds) },
          'too_many_failures',
        )
      },
      async count(request) {
        await limit(request)
      },
    })
  },
  { name: 'rate-limit', dependencies: ['errors'] },
)
