import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the server is about to close. */
    draining: boolean
  }
}

/** While the server drains, each answer tells the client to come back on another connection. */
export const drain = fp(
  async (app) => {
    app.decorate('draining', false)
    app.addHook('onRequest', (_request, reply, done) => {
      if (app.draining) reply.header('connection', 'close')
      done()
    })
  },
  { name: 'drain' },
)
