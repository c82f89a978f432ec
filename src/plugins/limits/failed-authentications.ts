import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { clientAddress } from '../../http/client-address.ts'
import { StatusError } from '../../http/http-error.ts'
import type { Verification } from '../../tokens/access-token.ts'
import { UnverifiableError } from '../../tokens/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Runs a verification unless the client's address has failed too often, and counts a failure: a rejected
     * token, or one that seems to be the cause of an UnverifiableError.
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

const WINDOW_MS = 60_000

/** After too many failures, new tokens from the address are not verified until the minute ends. */
export const failedAuthentications = fp<FailedAuthenticationsOptions>(
  async (app, { authFailuresMax: max }) => {
    if (max === undefined) {
      app.decorate('limitAuthFailures', (_request, verify) => verify())
      return
    }
    const failures = app.createCounter('failed-authentications', { max, windowMs: WINDOW_MS })
    app.decorate('limitAuthFailures', async ({ ip }, verify) => {
      const address = clientAddress(ip)
      const { count, end } = (await failures.read(address)) ?? { count: 0, end: 0 }
      if (count >= max) {
        const seconds = Math.max(1, Math.ceil((end - performance.now()) / 1000))
        throw new StatusError(429, { 'retry-after': String(seconds) }, 'too_many_failures')
      }
      try {
        const verification = await verify()
        if (verification.code !== undefined) await failures.count(address)
        return verification
      } catch (error) {
        if (error instanceof UnverifiableError && error.isCausedByToken) {
          await failures.count(address)
        }
        throw error
      }
    })
  },
  { name: 'failed-authentications', dependencies: ['errors', 'counters'] },
)
