import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const IDLE_CONNECTIONS_INTERVAL_MS = 50

export interface ShutdownOptions {
  /** The time for load balancers and clients to notice the shutdown, in milliseconds. */
  readonly drainTime: number
  /** How long the whole shutdown may take, in milliseconds. */
  readonly timeout: number
}

/**
 * Shuts a server down without losing a request. While it drains it is not ready, and each response has
 * `Connection: close`. Then it accepts no connections, and requests in flight finish. Connections that
 * are still open at the time-out are closed.
 */
export async function shutdown(app: FastifyInstance, options: ShutdownOptions): Promise<void> {
  const { drainTime, timeout } = options
  app.log.info({ event: 'drain_started' }, 'Draining connections')
  app.draining = true
  await sleep(drainTime)
  const deadline = setTimeout(() => {
    app.log.warn({ event: 'connections_cut' }, 'Shutdown timed out: closing all connections')
    app.server.closeAllConnections()
  }, timeout - drainTime)
  // Connections with a response in flight when draining began never got `Connection: close`.
  const interval = setInterval(() => app.closeIdleConnections(), IDLE_CONNECTIONS_INTERVAL_MS)
  await app.close()
  clearInterval(interval)
  clearTimeout(deadline)
  app.log.info({ event: 'shutdown_finished' }, 'Shutdown complete')
}
