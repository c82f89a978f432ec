import type { FastifyInstance } from 'fastify'
import { messageSchema } from '../plugins/message-schema.ts'

export interface HealthOptions {
  /** The part that is not ready, if one is not. It looks at what is known, and fetches nothing. */
  readonly notReady: () => string | undefined
}

/** Whether the process serves, and whether it should be sent requests. */
export async function health(app: FastifyInstance, { notReady }: HealthOptions): Promise<void> {
  const options = {
    schema: { response: { '2xx': messageSchema, '5xx': messageSchema } },
    config: { access: 'public', vital: true },
    logLevel: 'warn',
  } as const

  app.get('/livez', options, () => ({ message: 'Live' }))

  app.get('/readyz', options, (_request, reply) => {
    const part = notReady()
    if (part === undefined) return { message: 'Ready' }
    reply.code(503).header('retry-after', '1')
    return { message: `Not ready: ${part}` }
  })
}
