import { setTimeout as sleep } from 'node:timers/promises'
import type { MetricsOfProcess } from '../observability/metrics.ts'
import type { StartOptions } from '../server.ts'
import {
  type FromWorker,
  HEARTBEAT_INTERVAL_MS,
  RELOADING,
  STOPPING,
  type ToWorker,
} from './messages.ts'

const READY_INTERVAL_MS = 50
/** For the primary to read a message, and to answer. */
const RELEASE_TIMEOUT_MS = 1_000

/** A process that serves, and that a primary started. */
export class Worker {
  /** The signals that it handles itself: its primary gets them too. */
  readonly signals = [...STOPPING, ...RELOADING]
  readonly #number: number
  #allReady = false
  #readMetrics: () => Promise<MetricsOfProcess | undefined> = async () => []
  /** Until the server listens, there is nothing to shut down. */
  #stop: (reason: string) => void = () => process.exit(0)

  constructor(number: number) {
    this.#number = number
    for (const signal of STOPPING) process.on(signal, () => this.#stop(signal))
    for (const signal of RELOADING) process.on(signal, () => {})
    process.on('message', (message: ToWorker) => this.#receive(message))
    setInterval(() => send({ type: 'heartbeat' }), HEARTBEAT_INTERVAL_MS).unref()
  }

  /** For `startServer`. */
  get startOptions(): StartOptions {
    return {
      logBase: { pid: process.pid, worker: this.#number },
      notReady: () => (this.#allReady ? undefined : 'workers'),
      shareMetrics: (read) => {
        this.#readMetrics = read
      },
    }
  }

  /** @param notReady what the server itself is not ready for, if anything */
  serve(notReady: () => string | undefined, stop: (reason: string) => void): void {
    this.#stop = stop
    const timer = setInterval(() => {
      if (notReady() !== undefined) return
      clearInterval(timer)
      send({ type: 'ready' })
    }, READY_INTERVAL_MS).unref()
  }

  /**
   * Waits after the port is closed, so that the process can exit. First the primary gets the last metrics. It
   * passes on connections one after the other, and waits for an answer to each: one that is under way would be
   * lost, and its client would wait forever (https://github.com/nodejs/node-v0.x-archive/issues/7006). A worker
   * without the port gives it back.
   */
  async leave(): Promise<void> {
    const released = new Promise<void>((resolve) => {
      process.on('message', ({ type }: ToWorker) => {
        if (type === 'released') resolve()
      })
    })
    await this.#sendMetrics()
    send({ type: 'closed' })
    await inTime(released)
    // Messages are in order: after this one, the answers are sent.
    await inTime(new Promise<void>((resolve) => send({ type: 'closed' }, resolve)))
  }

  /** Reports why the server did not start. */
  fail(message: string, done: () => void): void {
    send({ type: 'failed', message }, done)
  }

  #receive(message: ToWorker): void {
    if (message.type === 'all-ready') this.#allReady = true
    else if (message.type === 'stop') this.#stop('stop')
    else if (message.type === 'report-metrics') void this.#sendMetrics(message.id)
  }

  /** @param id of the question, if there was one */
  async #sendMetrics(id?: number): Promise<void> {
    const metrics = await this.#readMetrics()
    if (metrics !== undefined) send({ type: 'metrics', id, metrics })
  }
}

/** Waits for the primary, which may hang. */
async function inTime(step: Promise<void>): Promise<void> {
  await Promise.race([step, sleep(RELEASE_TIMEOUT_MS, undefined, { ref: false })])
}

function send(message: FromWorker, done = () => {}): void {
  // Without a primary, the process ends anyway.
  process.send?.(message, done)
}
