import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { TokenError } from '../tokens/errors.ts'
import { StatusError } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** How often clients have come with bad tokens, by address. */
    authFailures: AuthFailures
  }
}

export interface AuthFailures {
  /**
   * Runs a verification where the client's address may have one more, and counts it if it fails.
   *
   * @throws StatusError 429 where the address has failed too often within a minute
   */
  bound<T>(request: FastifyRequest, verify: () => TokenError | Promise<T>): TokenError | Promise<T>
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
      app.decorate('authFailures', { bound: (_request, verify) => verify() })
      return
    }
    await app.register(fastifyRateLimit, { global: false, cache: MAX_ADDRESSES })
    const limit = app.createRateLimit({ max, timeWindow: '1 minute' })
    app.decorate('authFailures', {
      async bound(request, verify) {
        const status = await limit(request, { increment: false })
        if (!status.isAllowed && status.remaining === 0) {
          const headers = { 'retry-after': String(status.ttlInSeconds) }
          throw new StatusError(429, headers, 'too_many_failures')
        }
        try {
          const verdict = await verify()
          if (verdict instanceof TokenError) throw verdict
          return verdict
        } catch (error) {
          if (error instanceof TokenError) await limit(request)
          throw error
        }
      },
    })
  },
  { name: 'rate-limit', dependencies: ['errors'] },
)
