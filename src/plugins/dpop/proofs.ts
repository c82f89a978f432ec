import fp from 'fastify-plugin'
import { MemoryReplayStore } from '../../tokens/dpop/memory-replay-store.ts'
import { ProofVerifier, proofLifetime } from '../../tokens/dpop/proof-verifier.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Verifies the proofs of bound tokens; undefined if these are rejected. */
    proofs: ProofVerifier | undefined
  }
}

export interface ProofsOptions {
  /** Undefined if bound tokens are rejected. */
  readonly dpop: { readonly algorithms: readonly string[] } | undefined
  /** In seconds. */
  readonly clockTolerance: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Creates what verifies proofs, and the store of used ones. */
export const proofs = fp<ProofsOptions>(
  async (app, { dpop, clockTolerance, now }) => {
    if (dpop === undefined) return app.decorate('proofs', undefined)
    const lifetime = proofLifetime(clockTolerance)
    const replays = new MemoryReplayStore({ lifetime, now })
    const { algorithms } = dpop
    app.decorate('proofs', new ProofVerifier({ algorithms, clockTolerance, now, replays }))
  },
  { name: 'proofs' },
)
