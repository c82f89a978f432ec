import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { StatusError } from '../http/http-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is exempt from load shedding. */
    vital?: boolean
  }
}

export interface OverloadOptions {
  /** The mean delay of the event loop above which requests are rejected, in milliseconds; 0 for none. */
  readonly maxEventLoopDelay: number
}

const RETRY_AFTER_SECONDS = 5

/** Load shedding: rejects requests (503) while the event loop lags, so that accepted ones finish. */
export const overload = fp<OverloadOptions>(
  async (app, { maxEventLoopDelay }) => {
    let shedding = false
    await app.register(underPressure, {
      maxEventLoopDelay,
      pressureHandler: async ({ routeOptions }) => {
        if (routeOptions.config.vital) return
        if (!shedding) {
          app.log.warn({ event: 'shedding_started' }, 'Load shedding started: rejecting requests')
        }
        shedding = true
        throw new StatusError(503, { 'retry-after': String(RETRY_AFTER_SECONDS) }, 'overloaded')
      },
    })
    app.addHook('onRequest', (_request, _reply, done) => {
      if (shedding && !app.isUnderPressure()) {
        shedding = false
        app.log.info({ event: 'shedding_ended' }, 'Load shedding ended')
      }
      done()
    })
  },
  { name: 'overload', dependencies: ['errors', 'cors'] },
)
