import fp from 'fastify-plugin'
import { MemoryReplayStore } from '../../tokens/dpop/memory-replay-store.ts'
import { NONCE_LIFETIME, Nonces } from '../../tokens/dpop/nonces.ts'
import { ProofVerifier, proofLifetime } from '../../tokens/dpop/proof-verifier.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Verifies the proofs of bound tokens; undefined if these are rejected. */
    proofs: ProofVerifier | undefined
  }
}

export interface DpopOptions {
  /** Signature algorithms that are allowed. */
  readonly algorithms: readonly string[]
  /** Newest first; undefined if proofs need no nonce. */
  readonly nonceSecrets: readonly string[] | undefined
}

export interface ProofsOptions {
  /** Undefined if bound tokens are rejected. */
  readonly dpop: DpopOptions | undefined
  /** In seconds. */
  readonly clockTolerance: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Creates what verifies proofs, and the store of used ones. */
export const proofs = fp<ProofsOptions>(
  async (app, { dpop, clockTolerance, now }) => {
    if (dpop === undefined) return app.decorate('proofs', undefined)
    const { algorithms, nonceSecrets } = dpop
    const nonces = nonceSecrets && new Nonces(nonceSecrets, now)
    const lifetime = nonces === undefined ? proofLifetime(clockTolerance) : NONCE_LIFETIME
    const replays = new MemoryReplayStore({ lifetime, now })
    app.decorate('proofs', new ProofVerifier({ algorithms, clockTolerance, now, replays, nonces }))
  },
  { name: 'proofs' },
)
