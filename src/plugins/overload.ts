import fp from 'fastify-plugin'
import { StatusError } from '../http/http-error.ts'
import { EventLoopDelay } from '../lifecycle/event-loop-delay.ts'

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
    if (maxEventLoopDelay === 0) return
    const delay = new EventLoopDelay()
    app.addHook('onClose', async () => delay.stop())
    let shedding = false
    app.addHook('onRequest', ({ routeOptions }, _reply, done) => {
      const isOverloaded = delay.mean > maxEventLoopDelay
      if (shedding && !isOverloaded) {
        app.log.info({ event: 'shedding_ended' }, 'Load shedding ended')
        shedding = false
      }
      if (!isOverloaded || routeOptions.config.vital) return done()
      if (!shedding) {
        app.log.warn({ event: 'shedding_started' }, 'Load shedding started: rejecting requests')
        shedding = true
      }
      done(new StatusError(503, { 'retry-after': String(RETRY_AFTER_SECONDS) }, 'overloaded'))
    })
  },
  { name: 'overload', dependencies: ['errors', 'cors'] },
)
