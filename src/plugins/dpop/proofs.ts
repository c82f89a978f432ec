import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { MemoryReplayStore } from '../../tokens/dpop/memory-replay-store.ts'
import { fingerprintOf, NONCE_LIFETIME, Nonces } from '../../tokens/dpop/nonces.ts'
import { ProofVerifier, proofLifetime } from '../../tokens/dpop/proof-verifier.ts'
import type { ReplayStore } from '../../tokens/dpop/replay-store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Verifies the proofs of bound tokens; undefined if these are rejected. */
    proofs: ProofVerifier | undefined
    /** The number of used proofs in memory. */
    usedProofs: () => number
  }
}

export interface DpopOptions {
  /** Signature algorithms that are allowed. */
  readonly algorithms: readonly string[]
  /** How old a proof without a nonce may be, in seconds. */
  readonly maxProofAge: number
  /** Newest first; undefined if proofs need no nonce. */
  readonly nonceSecrets: readonly string[] | undefined
}

export interface ProofsOptions {
  /** Undefined if bound tokens are rejected. */
  readonly dpop: DpopOptions | undefined
  /** In seconds. */
  readonly clockTolerance: number
  /** Where processes share used proofs; undefined if each stores its own. */
  readonly redisUrl: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Creates what verifies proofs, and the store of used ones. */
export const proofs = fp<ProofsOptions>(
  async (app, { dpop, clockTolerance, redisUrl, now }) => {
    if (dpop === undefined) {
      app.decorate('proofs', undefined)
      app.decorate('usedProofs', () => 0)
      return
    }
    const { algorithms, maxProofAge: maxAge, nonceSecrets } = dpop
    const times = { maxAge, clockTolerance }
    const nonces = nonceSecrets && new Nonces(nonceSecrets, now)
    if (nonceSecrets !== undefined) {
      const secrets = nonceSecrets.map(fingerprintOf)
      app.log.info({ event: 'dpop_nonces', fingerprints: secrets }, 'Proofs need a nonce')
    }
    const lifetime = nonces === undefined ? proofLifetime(times) : NONCE_LIFETIME
    const memory = new MemoryReplayStore({ lifetime, now })
    const replays =
      redisUrl === undefined ? memory : await replaysInRedis(app, redisUrl, lifetime, memory)
    app.decorate('usedProofs', () => memory.size)
    app.decorate('proofs', new ProofVerifier({ algorithms, times, now, replays, nonces }))
  },
  { name: 'proofs' },
)

async function replaysInRedis(
  app: FastifyInstance,
  url: string,
  lifetime: number,
  memory: MemoryReplayStore,
): Promise<ReplayStore> {
  const { RedisReplayStore } = await import('./redis-replay-store.ts')
  const replays = new RedisReplayStore({ url, log: app.log, lifetime, memory })
  app.redisConnections.set('proofs', () => replays.status)
  app.addHook('onClose', async () => replays.close())
  return replays
}
