import type { Socket } from 'node:net'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the server is about to close. */
    draining: boolean
    /** When the shutdown has to be over, by `performance.now()`; undefined before it begins. */
    closeBy: number | undefined
    /** Closes idle connections, including ones that never sent a byte. */
    closeIdleConnections(): void
  }
}

/** While the server drains, each response asks the client to reconnect (`Connection: close`). */
export const drain = fp(
  async (app) => {
    app.decorate('draining', false)
    app.decorate('closeBy', undefined)
    // Node did not count a connection as idle before its first request:
    // https://github.com/nodejs/node/issues/63452
    const open = new Set<Socket>()
    app.server.on('connection', (socket) => {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    })
    app.decorate('closeIdleConnections', () => {
      app.server.closeIdleConnections()
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
    })
    app.addHook('onRequest', (_request, reply, done) => {
      if (app.draining) reply.header('connection', 'close')
      done()
    })
  },
  { name: 'drain' },
)
