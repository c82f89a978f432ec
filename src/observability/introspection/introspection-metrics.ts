import { Counter, Histogram, type Registry } from 'prom-client'
import type { IntrospectionEvent } from '../../tokens/introspection/introspection-event.ts'
import type { IntrospectionVerifier } from '../../tokens/introspection/introspection-verifier.ts'
import { addGauges } from '../collected-metrics.ts'

const label = 'issuer'

/** The metrics of introspections. They have no values where tokens are verified with keys. */
export class IntrospectionMetrics {
  readonly #calls: Histogram<'outcome' | 'issuer'>
  readonly #skipped: Counter<'reason' | 'issuer'>
  #verifiers: readonly IntrospectionVerifier[] = []

  /** @param buckets of durations, in seconds */
  constructor(registry: Registry, buckets: number[]) {
    const registers = [registry]
    this.#calls = new Histogram({
      name: 'introspection_duration_seconds',
      help: 'Duration of calls of the introspection endpoint.',
      labelNames: ['outcome', label],
      buckets,
      registers,
    })
    this.#skipped = new Counter({
      name: 'introspections_skipped_total',
      help: 'Tokens that got 503 without a call of the introspection endpoint.',
      labelNames: ['reason', label],
      registers,
    })
    const read = (value: (verifier: IntrospectionVerifier) => number) => () =>
      this.#verifiers.map((verifier) => [verifier.issuer, value(verifier)] as const)
    addGauges(
      registry,
      {
        name: 'introspections_in_flight',
        help: 'Calls of the introspection endpoint that have not ended.',
        label,
        // Each process has the whole limit.
        aggregator: 'max',
      },
      read(({ calls }) => calls),
    )
    addGauges(
      registry,
      {
        name: 'introspection_circuit_open',
        help: 'Whether the introspection endpoint is not called, because calls failed.',
        label,
        aggregator: 'max',
      },
      read(({ isCircuitOpen }) => Number(isCircuitOpen)),
    )
  }

  /** Adds a verifier, whose state is read when it is asked for. */
  watch(verifier: IntrospectionVerifier): void {
    this.#verifiers = [...this.#verifiers, verifier]
  }

  introspectionEvent(event: IntrospectionEvent, issuer: string): void {
    if (event.event === 'introspected' || event.event === 'introspection_failed') {
      this.#calls.observe({ outcome: OUTCOMES[event.outcome], issuer }, event.duration / 1000)
    }
    if (event.event === 'introspection_skipped') {
      this.#skipped.inc({ reason: event.reason, issuer })
    }
  }
}

/** Those of the calls, as `outcome`. */
const OUTCOMES = {
  active: 'active',
  inactive: 'inactive',
  refused: 'refused',
  token: 'failure',
  failed: 'failure',
} as const
