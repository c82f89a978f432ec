import type { FastifyBaseLogger } from 'fastify'
import { OnDemandRedis } from '../../redis/on-demand-redis.ts'
import type { RedisStatus } from '../../redis/redis-connection.ts'
import { ReplayStoreError } from '../../tokens/dpop/errors.ts'
import type { MemoryReplayStore } from '../../tokens/dpop/memory-replay-store.ts'
import { proofName, type ReplayStore } from '../../tokens/dpop/replay-store.ts'

const KEY_PREFIX = 'messages-api:proof:'

export interface RedisReplayStoreOptions {
  readonly url: string
  readonly log: FastifyBaseLogger
  /** How long a proof is accepted, in milliseconds. */
  readonly lifetime: number
  /** Limits how many proofs this process stores, in all and of one key. */
  readonly memory: MemoryReplayStore
}

/**
 * Used proofs in Redis, for any number of processes. While Redis is unavailable, no proof is accepted: it
 * may have been used at another process.
 */
export class RedisReplayStore implements ReplayStore {
  readonly #options: RedisReplayStoreOptions
  readonly #redis: OnDemandRedis

  constructor(options: RedisReplayStoreOptions) {
    const { url, log } = options
    this.#options = options
    this.#redis = new OnDemandRedis({
      url,
      onUnavailable: (err) =>
        log.warn(
          { event: 'replay_store_unavailable', err },
          'Redis unavailable: requests with a proof are rejected (503)',
        ),
      onErrorReply: (code) =>
        log.error({ event: 'replay_store_error', code }, 'Redis returned an error'),
    })
  }

  async add(thumbprint: string, jti: string): Promise<boolean> {
    const { memory, lifetime } = this.#options
    if (this.#redis.isPaused) throw unavailable()
    if (!memory.add(thumbprint, jti)) return false
    const key = KEY_PREFIX + proofName(thumbprint, jti).toString('base64url')
    const expiration = { type: 'PX', value: lifetime } as const
    const reply = await this.#redis
      .run((client) => client.set(key, '', { condition: 'NX', expiration }))
      .catch((err: unknown) => {
        throw unavailable(err)
      })
    return reply !== null
  }

  /** Undefined if no proof was stored yet. */
  get status(): RedisStatus | undefined {
    return this.#redis.status
  }

  close(): void {
    this.#redis.close()
  }
}

function unavailable(cause?: unknown): ReplayStoreError {
  return new ReplayStoreError('dpop_replay_store_unavailable', 1, { cause })
}
