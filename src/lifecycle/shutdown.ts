import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { settlesWithin } from '../utils/settles-within.ts'

const IDLE_CONNECTIONS_INTERVAL_MS = 50
/** How long closing may go on after the time-out. Only a hook of a product takes that long. */
const CLOSE_GRACE_MS = 1_000

/** A turn of the event loop in which little happened. */
const QUIET_TURN_MS = 0.2
const MAX_TURNS = 200

export interface ShutdownOptions {
  /** The time for load balancers and clients to notice the shutdown, in milliseconds. */
  readonly drainTime: number
  /** How long the whole shutdown may take, resources included, in milliseconds. */
  readonly timeout: number
}

/**
 * Shuts a server down without losing a request. While it drains it is not ready, and each response has
 * `Connection: close`. Then it accepts no connections, and requests in flight finish. Connections that
 * are still open at the time-out are closed. Resources stop after the last request, in the time that
 * is left. It ends also if an `onClose` hook fails, or does not end.
 */
export async function shutdown(app: FastifyInstance, options: ShutdownOptions): Promise<void> {
  const { drainTime, timeout } = options
  app.log.info({ event: 'drain_started' }, 'Draining connections')
  app.draining = true
  app.closeBy = performance.now() + timeout
  await sleep(drainTime)
  await quietTurn()
  app.server.close()
  const deadline = setTimeout(() => {
    app.log.warn({ event: 'connections_cut' }, 'Shutdown timed out: closing all connections')
    app.server.closeAllConnections()
  }, timeout - drainTime)
  // Connections with a response in flight when draining began never got `Connection: close`.
  const interval = setInterval(() => app.closeIdleConnections(), IDLE_CONNECTIONS_INTERVAL_MS)
  if (!(await settlesWithin(closeApp(app), timeout - drainTime + CLOSE_GRACE_MS))) {
    app.log.warn(
      { event: 'shutdown_incomplete' },
      'Shutdown timed out: an onClose hook did not end',
    )
  }
  clearInterval(interval)
  clearTimeout(deadline)
  app.log.info({ event: 'shutdown_finished' }, 'Shutdown complete')
}

/** Closes the app. A hook that fails is logged, and does not hide why a start failed, or stop a shutdown. */
export async function closeApp(app: FastifyInstance): Promise<void> {
  await app.close().catch((err: unknown) => {
    app.log.error({ event: 'close_hook_failed', err }, 'An onClose hook failed')
  })
}

/**
 * Waits for a short turn of the event loop. The system resets connections that are made but not accepted when
 * the port is closed. A turn accepts them all, so few are left right after one that took hardly any time.
 */
async function quietTurn(): Promise<void> {
  let duration = QUIET_TURN_MS
  for (let turn = 0; turn < MAX_TURNS && duration >= QUIET_TURN_MS; turn += 1) {
    const begin = performance.now()
    await setImmediate()
    duration = performance.now() - begin
  }
}
