/**
 * A server with a validated POST, from the compiled files: on bare Fastify (`bare`), or as a product of
 * messages-api (`ours`).
 */
import { createRequire } from 'node:module'
import type { FastifyInstance } from 'fastify'
import { CREATE, MESSAGES, PATHS } from '../load/loads.ts'

const DIST = new URL('../../dist/', import.meta.url)

const note = {
  type: 'object',
  required: ['title', 'text'],
  additionalProperties: false,
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 100 },
    text: { type: 'string', maxLength: 10_000 },
    tags: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 30 } },
  },
}
const created = { ...note, properties: { ...note.properties, id: { type: 'integer' } } }
const schema = { body: note, response: { [CREATE.status]: created } }
const access = { permissions: ['write:notes'] }
const limit = { max: 1_000_000_000, window: 60, per: 'subject' } as const

let id = 0

async function routes(app: FastifyInstance): Promise<void> {
  app.get(PATHS.public, { config: { access: 'public' } }, () => ({ message: MESSAGES.public }))
  app.post(PATHS.notes, { schema, config: { access, limit } }, ({ body }, reply) => {
    id += 1
    return reply.code(CREATE.status).send({ ...(body as object), id })
  })
}

if (process.argv[2] === 'bare') {
  const { default: fastify } = await import(createRequire(DIST).resolve('fastify'))
  const app: FastifyInstance = fastify()
  await app.register(routes)
  console.log(`Server listening at ${await app.listen({ port: 0, host: '127.0.0.1' })}`)
} else {
  const { startServer }: typeof import('../../src/server.ts') = await import(
    new URL('server.js', DIST).href
  )
  await startServer({ routes: [routes] }, [process.env])
}
