import type { MetricsOfProcess } from '../observability/metrics.ts'

/** What a worker reports to the primary. */
export type FromWorker =
  | { readonly type: 'ready' }
  /** It did not start. */
  | { readonly type: 'failed'; readonly message: string }
  /** The reply to `report-metrics` with the same id; without an id, the last metrics of a worker that ends. */
  | {
      readonly type: 'metrics'
      readonly id: number | undefined
      readonly metrics: MetricsOfProcess
    }
  /** It has closed the port. */
  | { readonly type: 'closed' }
  /** Its event loop turns. */
  | { readonly type: 'heartbeat' }

/** What the primary tells a worker. */
export type ToWorker =
  /** All workers are ready for the first time, so that each may say so. */
  | { readonly type: 'all-ready' }
  | { readonly type: 'stop' }
  /** The answer to `closed`: no connection is passed on to it any more. */
  | { readonly type: 'released' }
  | { readonly type: 'report-metrics'; readonly id: number }

/** Between two heartbeats. */
export const HEARTBEAT_INTERVAL_MS = 1_000

/** A server ends at these. They reach workers too if a terminal or a supervisor sends them to all processes. */
export const STOPPING = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const
/** The primary replaces its workers at these. */
export const RELOADING = ['SIGHUP', 'SIGUSR2'] as const

/** The variable by which the primary numbers its workers. */
export const WORKER_VARIABLE = 'MESSAGES_API_WORKER'
