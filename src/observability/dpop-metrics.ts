import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, type Registry } from 'prom-client'
import { PROOF_OUTCOMES } from '../tokens/dpop/proof-counts.ts'

/** Adds the metrics of proofs (DPoP). Without DPoP there are none. */
export function addDpopMetrics(registry: Registry, { proofs, usedProofs }: FastifyInstance): void {
  if (proofs === undefined) return
  const { counts } = proofs
  const registers = [registry]
  new Counter({
    name: 'dpop_proofs_total',
    help: 'Proofs (DPoP) of requests with a verified token, by their outcome.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      for (const outcome of PROOF_OUTCOMES) this.inc({ outcome }, counts.of(outcome))
    },
  })
  new Counter({
    name: 'dpop_nonces_refused_total',
    help: 'Nonces in proofs that were too old, or not of this server.',
    registers,
    collect() {
      this.reset()
      this.inc(counts.noncesRefused)
    },
  })
  new Gauge({
    name: 'dpop_replay_entries',
    help: 'Number of used proofs (DPoP) in memory.',
    registers,
    collect() {
      this.set(usedProofs())
    },
  })
}
