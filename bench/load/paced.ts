import { setImmediate as nextTurn } from 'node:timers/promises'
import { percentile } from '../report/statistics.ts'
import { Connection } from './connection.ts'

export interface PacedRun {
  readonly port: number
  readonly request: string
  readonly perSecond: number
  readonly seconds: number
  readonly connections: number
}

export interface PacedResult {
  /** Milliseconds from the time a request was due, so time in a queue counts too. */
  readonly p50: number
  readonly p99: number
  /** Responses per second: below the requested rate if client or server could not keep up. */
  readonly perSecond: number
  /** Responses with a status other than 200, and requests without a response. */
  readonly failed: number
}

/**
 * Sends requests at a constant rate, however long the responses take (an open loop). wrk sends the
 * next request after a response, so it measures the queue that it builds itself; autocannon paces
 * each connection separately, and corrects the latencies by calculation.
 *
 * Polls the clock without a pause, because the resolution of timers is as coarse as the latencies.
 * The client therefore uses a whole core.
 */
export async function sendPaced(run: PacedRun): Promise<PacedResult> {
  const { port, request, perSecond, seconds, connections } = run
  const idle = Array.from({ length: connections }, () => new Connection(port))
  const all = [...idle]
  const total = Math.round(perSecond * seconds)
  const latencies = new Float64Array(total)
  let [sent, completed, failed] = [0, 0, 0]
  const startedAt = performance.now()

  const sendOne = async (connection: Connection, dueAt: number) => {
    const status = await connection.send(request).catch(() => 0)
    if (status !== 200) failed += 1
    latencies[completed] = performance.now() - dueAt
    completed += 1
    idle.push(connection)
  }
  while (completed < total) {
    const due = Math.min(total, ((performance.now() - startedAt) / 1000) * perSecond)
    while (sent < due) {
      const connection = idle.pop()
      if (connection === undefined) break
      void sendOne(connection, startedAt + (sent / perSecond) * 1000)
      sent += 1
    }
    await nextTurn()
  }
  const elapsedSeconds = (performance.now() - startedAt) / 1000
  for (const connection of all) connection.close()
  latencies.sort()
  return {
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    perSecond: total / elapsedSeconds,
    failed,
  }
}

/** Sends each request once, over several connections, as fast as the responses come. */
export async function sendEach(
  port: number,
  requests: readonly string[],
  connections: number,
): Promise<void> {
  let next = 0
  const work = async () => {
    const connection = new Connection(port)
    while (next < requests.length) {
      const request = requests[next] ?? ''
      next += 1
      const status = await connection.send(request)
      if (status !== 200) throw new Error(`Status ${status} instead of 200.`)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, work))
}
