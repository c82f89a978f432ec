import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { StatusError } from './errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is answered however busy the server is. */
    vital?: boolean
  }
}

/** How long the event loop may be held up before requests are turned away, in milliseconds. */
const MAX_EVENT_LOOP_DELAY = 500

/** Turns requests away (503) before the event loop stalls, so that those taken on are answered. */
export const overload = fp(
  async (app) => {
    let shedding = false
    await app.register(underPressure, {
      maxEventLoopDelay: MAX_EVENT_LOOP_DELAY,
      pressureHandler: async ({ routeOptions }) => {
        if (routeOptions.config.vital) return
        if (!shedding) app.log.warn({ event: 'shedding_started' }, 'Requests are turned away')
        shedding = true
        throw new StatusError(503, { 'retry-after': '5' }, 'overloaded')
      },
    })
    app.addHook('onRequest', (_request, _reply, done) => {
      if (shedding && !app.isUnderPressure()) {
        shedding = false
        app.log.info({ event: 'shedding_ended' }, 'Requests are taken again')
      }
      done()
    })
  },
  { name: 'overload', dependencies: ['errors', 'cors'] },
)
