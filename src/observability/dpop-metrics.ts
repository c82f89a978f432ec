import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { PROOF_OUTCOMES } from '../tokens/dpop/proof-counts.ts'
import { addCounter, addCounters, addGauge } from './collected-metrics.ts'

/** Adds the metrics of proofs (DPoP). Without DPoP there are none. */
export function addDpopMetrics(registry: Registry, { proofs, usedProofs }: FastifyInstance): void {
  if (proofs === undefined) return
  const { counts } = proofs
  addCounters(
    registry,
    {
      name: 'dpop_proofs_total',
      help: 'Proofs (DPoP) of requests with a verified token, by their outcome.',
      label: 'outcome',
    },
    () => PROOF_OUTCOMES.map((outcome) => [outcome, counts.of(outcome)]),
  )
  addCounter(
    registry,
    {
      name: 'dpop_nonces_refused_total',
      help: 'Nonces in proofs that were too old, or not of this server.',
    },
    () => counts.noncesRefused,
  )
  addGauge(
    registry,
    {
      name: 'dpop_replay_entries',
      help: 'Number of used proofs (DPoP) in memory.',
      // Each process has the whole limit.
      aggregator: 'max',
    },
    usedProofs,
  )
}
