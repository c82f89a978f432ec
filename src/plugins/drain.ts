import type { Socket } from 'node:net'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the server is about to close. */
    draining: boolean
    /** When the shutdown has to be over, by `performance.now()`; undefined before it begins. */
    closeBy: number | undefined
    /** How many connections of clients are open. */
    readonly openConnections: number
    /** Closes idle connections, including ones that never sent a byte. */
    closeIdleConnections(): void
  }
}

/**
 * How long a new connection has for its first byte while the server closes. A proxy without health checks
 * connects until the port is closed, and its request would be lost if the connection were closed first.
 */
const FIRST_BYTE_MS = 1_000

/** While the server drains, each response asks the client to reconnect (`Connection: close`). */
export const drain = fp(
  async (app) => {
    app.decorate('draining', false)
    app.decorate('closeBy', undefined)
    // Node did not count a connection as idle before its first request:
    // https://github.com/nodejs/node/issues/63452
    const open = new Map<Socket, number>()
    app.server.on('connection', (socket) => {
      open.set(socket, performance.now())
      socket.once('close', () => open.delete(socket))
    })
    app.decorate('openConnections', { getter: () => open.size })
    app.decorate('closeIdleConnections', () => {
      app.server.closeIdleConnections()
      const before = performance.now() - FIRST_BYTE_MS
      for (const [socket, since] of open) {
        if (socket.bytesRead === 0 && since < before) socket.destroy()
      }
    })
    app.addHook('onRequest', (_request, reply, done) => {
      if (app.draining) reply.header('connection', 'close')
      done()
    })
  },
  { name: 'drain' },
)
