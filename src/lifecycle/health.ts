import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { messageSchema } from '../http/message-schema.ts'

export interface HealthOptions {
  /** The component that is not ready, if any. It must not start a fetch. */
  readonly notReady: () => string | undefined
}

const LIVENESS = {
  operationId: 'getLiveness',
  tags: ['Health'],
  summary: 'Whether the process is alive',
  response: {
    200: {
      ...messageSchema,
      description: 'The process is alive.',
      examples: [{ message: 'Live' }],
    },
  },
}

const READINESS = {
  operationId: 'getReadiness',
  tags: ['Health'],
  summary: 'Whether the server is ready for requests',
  description:
    "It is ready once it has the tenant's keys and its resources are ready, and until it begins to shut down. Redis is not needed for that: if it does not reply, the message names what it is used for.",
  response: {
    200: {
      ...messageSchema,
      description: 'The server is ready for requests.',
      examples: [{ message: 'Ready' }, { message: 'Ready, without Redis for sessions' }],
    },
    503: {
      ...messageSchema,
      description: 'The server is not ready for requests. The message names the reason.',
      headers: { 'Retry-After': { type: 'integer' } },
      examples: [{ message: 'Not ready: keys' }, { message: 'Not ready: shutting down' }],
    },
  },
}

/** Without Redis, the API works: the server gets requests, and its pages respond with 503. */
function withoutRedis({ redisConnections }: FastifyInstance): string {
  const down = [...redisConnections].filter(([, status]) => status()?.ready === false)
  return down.length === 0 ? '' : `, without Redis for ${down.map(([use]) => use).join(' and ')}`
}

/** The health routes: whether the process is alive, and whether it should get requests. */
export const health = fp(
  async (app: FastifyInstance, { notReady }: HealthOptions) => {
    const options = { config: { access: 'public', vital: true }, logLevel: 'warn' } as const

    app.get('/livez', { ...options, schema: LIVENESS }, () => ({ message: 'Live' }))

    app.get('/readyz', { ...options, schema: READINESS }, (_request, reply) => {
      const component = notReady()
      if (component === undefined) return { message: `Ready${withoutRedis(app)}` }
      reply.code(503).header('retry-after', '1')
      return { message: `Not ready: ${component}` }
    })
  },
  { name: 'health', dependencies: ['declared-access', 'overload'], encapsulate: true },
)
