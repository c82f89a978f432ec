/** The product of .ci/rollouts.ts, on the built core. It writes the id of each call that it handles to a file. */
import { appendFileSync } from 'node:fs'
import { defineRoutes, messageSchema, runServer } from '../dist/index.js'

const handled = process.env.HANDLED

const calls = defineRoutes(async (app) => {
  // The limit counts in Redis.
  const config = { access: {}, limit: { max: 1_000_000, window: 60, per: 'subject' } }
  for (const method of ['GET', 'POST']) {
    app.route({
      method,
      url: '/calls/:id',
      config,
      schema: {
        params: {
          type: 'object',
          required: ['id'],
          properties: { id: { type: 'string', maxLength: 100 } },
        },
        response: { 200: { ...messageSchema, description: 'The call was handled.' } },
      },
      handler({ params }) {
        appendFileSync(handled, `${params.id}\n`)
        return { message: 'done' }
      },
    })
  }
})

await runServer({ routes: [calls] })
