import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** How often connections without a request are closed at the end, in milliseconds. */
const SWEEP_INTERVAL = 50

export interface ShutdownOptions {
  /** How long balancers and clients have to notice, in milliseconds. */
  readonly drainTime: number
  /** How long all of it may take, in milliseconds. */
  readonly timeout: number
}

/**
 * Closes a server without losing a request: first it is not ready and asks each client to come back
 * on another connection; then it takes no connections, and those at work finish. What is still open
 * when the time is up is cut.
 */
export async function shutdown(app: FastifyInstance, options: ShutdownOptions): Promise<void> {
  const { drainTime, timeout } = options
  app.log.info({ event: 'drain_started' }, 'Draining')
  app.draining = true
  await sleep(drainTime)
  const deadline = setTimeout(() => {
    app.log.warn({ event: 'connections_cut' }, 'Connections were still open when the time was up')
    app.server.closeAllConnections()
  }, timeout - drainTime)
  // A connection whose last answer was under way when the drain began knows nothing of it.
  const sweep = setInterval(() => app.closeQuietConnections(), SWEEP_INTERVAL)
  await app.close()
  clearInterval(sweep)
  clearTimeout(deadline)
  app.log.info({ event: 'shutdown_finished' }, 'Closed')
}
