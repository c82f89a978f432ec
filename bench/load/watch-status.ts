import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.ts'

/** Long enough to have no effect on the measurement. */
const INTERVAL_MS = 100

/**
 * Sends a request from time to time while a load runs, and checks the status. wrk only counts error
 * responses: it does not distinguish an expired token (401) from load shedding (503).
 *
 * @returns a function that ends it and returns the unexpected statuses; 0 is a failed connection
 */
export function watchStatus(
  port: number,
  request: string,
  expected: number,
): () => Promise<number[]> {
  const unexpected = new Set<number>()
  const connection = new Connection(port)
  let ended = false
  const watching = (async () => {
    while (!ended) {
      const status = await connection.send(request).catch(() => 0)
      if (status !== expected) unexpected.add(status)
      await sleep(INTERVAL_MS)
    }
    connection.close()
  })()
  return async () => {
    ended = true
    await watching
    return [...unexpected]
  }
}
