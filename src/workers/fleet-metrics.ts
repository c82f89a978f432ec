import type { Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { AggregatorRegistry, type Registry } from 'prom-client'
import type { MetricsOfProcess } from '../observability/metrics.ts'
import type { ToWorker } from './messages.ts'

/** For a worker to reply. The metrics of others are served without it. */
const TIMEOUT_MS = 3_000

/** Asks the workers for their metrics, and sums them up. */
export class FleetMetrics {
  readonly #workers: () => readonly Worker[]
  readonly #waiting = new Map<number, (metrics: MetricsOfProcess) => void>()
  #nextId = 0

  constructor(workers: () => readonly Worker[]) {
    this.#workers = workers
  }

  receive(id: number, metrics: MetricsOfProcess): void {
    this.#waiting.get(id)?.(metrics)
  }

  async collect(): Promise<Registry> {
    const found = await Promise.all(this.#workers().map((worker) => this.#ask(worker)))
    return AggregatorRegistry.aggregate(found)
  }

  async #ask(worker: Worker): Promise<MetricsOfProcess> {
    const id = this.#nextId++
    const timeout = new AbortController()
    try {
      return await new Promise<MetricsOfProcess>((resolve) => {
        this.#waiting.set(id, resolve)
        worker.send({ type: 'report-metrics', id } satisfies ToWorker)
        const { signal } = timeout
        sleep(TIMEOUT_MS, [], { signal }).then(resolve, () => {})
      })
    } finally {
      timeout.abort()
      this.#waiting.delete(id)
    }
  }
}
