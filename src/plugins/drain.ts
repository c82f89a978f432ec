import type { Socket } from 'node:net'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the server is about to close. */
    draining: boolean
    /** Closes the connections on which no request is under way, nor half of one. */
    closeQuietConnections(): void
  }
}

/** While the server drains, each answer tells the client to come back on another connection. */
export const drain = fp(
  async (app) => {
    app.decorate('draining', false)
    /** Node does not count a connection as idle before its first request. */
    const open = new Set<Socket>()
    app.server.on('connection', (socket) => {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    })
    app.decorate('closeQuietConnections', () => {
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
