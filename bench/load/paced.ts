import { setImmediate as turn } from 'node:timers/promises'
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
  /** Milliseconds from when a request was due, so that a wait for the server's turn counts too. */
  readonly p50: number
  readonly p99: number
  /** Answers a second: less than asked for where client or server could not keep pace. */
  readonly perSecond: number
  /** Answers with a status other than 200, and requests without an answer. */
  readonly failed: number
}

/**
 * Requests at an even pace, however long the answers take (an open loop). wrk sends the next request
 * after an answer and so measures the queue that it makes itself; autocannon paces each connection
 * by itself, and corrects by calculation what a slow answer held up.
 *
 * The client looks at the clock without pause, since timers are as coarse as the latencies: it takes
 * a core of its own.
 */
export async function paced(run: PacedRun): Promise<PacedResult> {
  const { port, request, perSecond, seconds, connections } = run
  const idle = Array.from({ length: connections }, () => new Connection(port))
  const all = [...idle]
  const total = Math.round(perSecond * seconds)
  const latencies = new Float64Array(total)
  let [sent, answered, failed] = [0, 0, 0]
  const began = performance.now()

  const sendOne = async (connection: Connection, due: number) => {
    const status = await connection.send(request).catch(() => 0)
    if (status !== 200) failed += 1
    latencies[answered] = performance.now() - due
    answered += 1
    idle.push(connection)
  }
  while (answered < total) {
    const due = Math.min(total, ((performance.now() - began) / 1000) * perSecond)
    while (sent < due) {
      const connection = idle.pop()
      if (connection === undefined) break
      void sendOne(connection, began + (sent / perSecond) * 1000)
      sent += 1
    }
    await turn()
  }
  const took = (performance.now() - began) / 1000
  for (const connection of all) connection.close()
  latencies.sort()
  return {
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    perSecond: total / took,
    failed,
  }
}

/** Sends each request once, over so many connections, as fast as the answers come. */
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
      if (status !== 200) throw new Error(`A request that is good was answered ${status}.`)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, work))
}
