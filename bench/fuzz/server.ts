/**
 * The built program with its product, and routes with bodies. It replies to each message of its parent
 * with the memory that is in use after a garbage collection.
 */
import type { FastifyInstance } from 'fastify'
import type { ServerDefinition } from '../../src/server.ts'

const DIST = new URL('../../dist/', import.meta.url)

const note = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: {
    title: { type: 'string', maxLength: 100 },
    tags: { type: 'array', maxItems: 10, uniqueItems: true, items: { type: 'string' } },
  },
}
const saved = () => ({ message: 'Saved' })

async function routes(app: FastifyInstance): Promise<void> {
  const access = { permissions: ['write:notes'] }
  app.post('/fuzz/notes', { schema: { body: note }, config: { access } }, saved)
  app.put('/fuzz/open/:id', { schema: { body: note }, config: { access: 'public' } }, saved)
  app.post('/fuzz/small', { bodyLimit: 10, config: { access: 'public' } }, saved)
}

process.on('message', async () => {
  globalThis.gc?.()
  // Finalizers run between the collections.
  await new Promise((resolve) => setTimeout(resolve, 100))
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.(heapUsed + external)
})
// The messages do not keep the process alive.
process.channel?.unref()

const { default: product }: { default: ServerDefinition } = await import(
  new URL('product.js', DIST).href
)
const { runServer }: { runServer(definition: ServerDefinition): Promise<void> } = await import(
  new URL('run-server.js', DIST).href
)
await runServer({ ...product, routes: [...product.routes, routes] })
