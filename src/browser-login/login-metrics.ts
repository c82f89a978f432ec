import type { FastifyInstance } from 'fastify'
import type { Store } from './sessions/store.ts'

const OUTCOMES = ['begun', 'completed', 'failed'] as const

/** How many logins were begun in this process, and how many callbacks completed or failed. */
export class LoginCounts {
  begun = 0
  completed = 0
  failed = 0
}

/** Adds the metrics of the browser login. */
export function addLoginMetrics(app: FastifyInstance, store: Store, counts: LoginCounts): void {
  app.featureMetrics.push(
    {
      type: 'counters',
      name: 'logins_total',
      help: 'Logins at the browser login, by what became of them.',
      label: 'outcome',
      read: () => OUTCOMES.map((outcome) => [outcome, counts[outcome]]),
    },
    {
      type: 'gauge',
      name: 'session_store_ready',
      help: 'Whether the session store of the browser login is connected.',
      aggregator: 'min',
      read: () => Number(store.ready),
    },
  )
}
