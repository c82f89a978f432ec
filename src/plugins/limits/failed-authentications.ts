import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { clientAddress } from '../../http/client-address.ts'
import { StatusError } from '../../http/http-error.ts'
import type { Verification } from '../../tokens/access-token.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Runs a verification unless the client's address has failed too often, and counts a failure.
     *
     * @throws StatusError 429 where the address has failed too often within a minute
     */
    limitAuthFailures(
      request: FastifyRequest,
      verify: () => Promise<Verification>,
    ): Promise<Verification>
  }
}

export interface FailedAuthenticationsOptions {
  /** Failed authentications a minute and address; undefined for no limit. */
  readonly authFailuresMax: number | undefined
}

/** How many addresses are tracked (LRU). */
const MAX_ADDRESSES = 10_000

/** After too many failures, new tokens from the address are not verified until the minute ends. */
export const failedAuthentications = fp<FailedAuthenticationsOptions>(
  async (app, { authFailuresMax: max }) => {
    if (max === undefined) {
      app.decorate('limitAuthFailures', (_request, verify) => verify())
      return
    }
    const options = {
      max,
      timeWindow: '1 minute',
      keyGenerator: ({ ip }: FastifyRequest) => clientAddress(ip),
      // The size of the registration is not passed on, and the type of the options lacks this one.
      // No upstream issue was found.
      cache: MAX_ADDRESSES,
    }
    const limit = app.createRateLimit(options)
    app.decorate('limitAuthFailures', async (request, verify) => {
      const status = await limit(request, { increment: false })
      if (!status.isAllowed && status.remaining === 0) {
        const headers = { 'retry-after': String(status.ttlInSeconds) }
        throw new StatusError(429, headers, 'too_many_failures')
      }
      const verification = await verify()
      if (verification.code !== undefined) await limit(request)
      return verification
    })
  },
  { name: 'failed-authentications', dependencies: ['errors', '@fastify/rate-limit'] },
)
