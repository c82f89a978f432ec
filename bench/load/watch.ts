import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.ts'

/** Milliseconds between two looks: rare enough to cost nothing. */
const EVERY = 100

/**
 * Looks now and then, while a load runs, whether the answer still is the expected one. wrk counts
 * refusals without telling an expired token (401) from a server that sheds its load (503).
 *
 * @returns a function that ends it, and gives the statuses seen that were others
 */
export function watchStatus(
  port: number,
  request: string,
  expected: number,
): () => Promise<number[]> {
  const others = new Set<number>()
  const connection = new Connection(port)
  let ended = false
  const looking = (async () => {
    while (!ended) {
      const status = await connection.send(request).catch(() => 0)
      if (status !== expected) others.add(status)
      await sleep(EVERY)
    }
    connection.close()
  })()
  return async () => {
    ended = true
    await looking
    return [...others]
  }
}
