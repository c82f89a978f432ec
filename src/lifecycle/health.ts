import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { messageSchema } from '../plugins/message-schema.ts'

export interface HealthOptions {
  /** The component that is not ready, if any. It must not start a fetch. */
  readonly notReady: () => string | undefined
}

/** The health routes: whether the process is alive, and whether it should get requests. */
export const health = fp(
  async (app: FastifyInstance, { notReady }: HealthOptions) => {
    const options = {
      schema: { response: { '2xx': messageSchema, '5xx': messageSchema } },
      config: { access: 'public', vital: true },
      logLevel: 'warn',
    } as const

    app.get('/livez', options, () => ({ message: 'Live' }))

    app.get('/readyz', options, (_request, reply) => {
      const component = notReady()
      if (component === undefined) return { message: 'Ready' }
      reply.code(503).header('retry-after', '1')
      return { message: `Not ready: ${component}` }
    })
  },
  { name: 'health', dependencies: ['declared-access', 'overload'], encapsulate: true },
)
