import type { Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { AggregatorRegistry, type Registry } from 'prom-client'
import type { MetricsOfProcess } from '../observability/metrics.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** For a worker to reply. Others are served without it. */
const TIMEOUT_MS = 3_000

/** The types of metrics that only grow, as prom-client names them. */
const GROWING: ReadonlySet<unknown> = new Set(['counter', 'histogram'])

/** A worker, and what it has reported. */
interface Source {
  readonly worker: Worker
  /** What waits for a reply, by the id of the question. It gets undefined if there is none. */
  readonly waiting: Map<number, (metrics?: MetricsOfProcess) => void>
  /** The last counters and histograms. */
  totals: MetricsOfProcess
}

/**
 * The metrics of all workers as one. What a worker has counted stays in the sums when it has ended, and while it does
 * not reply. Otherwise they would fall, which Prometheus takes for a restart.
 */
export class FleetMetrics {
  readonly #sources = new Set<Source>()
  /** The sum of what ended workers have counted. */
  #ended: Promise<MetricsOfProcess> = Promise.resolve([])
  #nextId = 0

  add(worker: Worker): void {
    const source: Source = { worker, waiting: new Map(), totals: [] }
    this.#sources.add(source)
    worker.on('message', (message: FromWorker) => {
      if (message.type !== 'metrics') return
      const { id, metrics } = message
      source.totals = metrics.filter(({ type }) => GROWING.has(type))
      if (id !== undefined) source.waiting.get(id)?.(metrics)
    })
    // All of its messages have been read then. After `exit`, some may still come.
    worker.once('disconnect', () => {
      this.#sources.delete(source)
      this.#ended = this.#withEnded([source.totals]).then((sum) => sum.getMetricsAsJSON())
      for (const resolve of source.waiting.values()) resolve()
    })
  }

  async collect(): Promise<Registry> {
    const replies = new Map<Source, MetricsOfProcess | undefined>()
    const ask = async (source: Source) => replies.set(source, await this.#ask(source))
    await Promise.all([...this.#sources].map(ask))
    // A worker that has ended since its reply is among the ended ones, and must not count twice.
    const found = [...this.#sources].map((source) => replies.get(source) ?? source.totals)
    return this.#withEnded(found)
  }

  async #withEnded(found: readonly MetricsOfProcess[]): Promise<Registry> {
    return AggregatorRegistry.aggregate([...found, await this.#ended])
  }

  async #ask({ worker, waiting }: Source): Promise<MetricsOfProcess | undefined> {
    const id = this.#nextId++
    const timeout = new AbortController()
    try {
      return await new Promise<MetricsOfProcess | undefined>((resolve) => {
        waiting.set(id, resolve)
        worker.send({ type: 'report-metrics', id } satisfies ToWorker)
        const { signal } = timeout
        sleep(TIMEOUT_MS, undefined, { signal }).then(resolve, () => {})
      })
    } finally {
      timeout.abort()
      waiting.delete(id)
    }
  }
}
