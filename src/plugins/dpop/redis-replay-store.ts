import type { FastifyBaseLogger } from 'fastify'
import { RedisConnection, type RedisStatus } from '../../redis/redis-connection.ts'
import { ReplayStoreError } from '../../tokens/dpop/errors.ts'
import type { MemoryReplayStore } from '../../tokens/dpop/memory-replay-store.ts'
import { proofName, type ReplayStore } from '../../tokens/dpop/replay-store.ts'

/** For one command: the request waits for it. */
const TIMEOUT_MS = 500
/** After a failure, requests do not wait for Redis for this time. */
const PAUSE_MS = 1_000
const WARNING_INTERVAL_MS = 60_000

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
  #redis: RedisConnection | undefined
  #pausedUntil = 0
  #nextWarning = 0

  constructor(options: RedisReplayStoreOptions) {
    this.#options = options
  }

  /** The first call connects, so that nothing connects where no client sends proofs. */
  async add(thumbprint: string, jti: string): Promise<boolean> {
    const { memory, lifetime } = this.#options
    if (performance.now() < this.#pausedUntil) throw unavailable()
    if (!memory.add(thumbprint, jti)) return false
    this.#redis ??= this.#connect()
    const key = KEY_PREFIX + proofName(thumbprint, jti).toString('base64url')
    const expiration = { type: 'PX', value: lifetime } as const
    const reply = await this.#redis
      .run((client) => client.set(key, '', { condition: 'NX', expiration }))
      .catch((err: unknown) => {
        this.#pause(err)
        throw unavailable(err)
      })
    return reply !== null
  }

  /** Undefined if no proof was stored yet. */
  get status(): RedisStatus | undefined {
    return this.#redis
  }

  close(): void {
    this.#redis?.close()
  }

  #connect(): RedisConnection {
    const { url, log } = this.#options
    return new RedisConnection({
      url,
      timeoutMs: TIMEOUT_MS,
      onErrorReply: (code) =>
        log.error({ event: 'replay_store_error', code }, 'Redis returned an error'),
    })
  }

  #pause(err: unknown): void {
    const now = performance.now()
    this.#pausedUntil = now + PAUSE_MS
    if (now < this.#nextWarning) return
    this.#nextWarning = now + WARNING_INTERVAL_MS
    const event = { event: 'replay_store_unavailable', err }
    this.#options.log.warn(event, 'Redis unavailable: requests with a proof are rejected (503)')
  }
}

function unavailable(cause?: unknown): ReplayStoreError {
  return new ReplayStoreError('dpop_replay_store_unavailable', 1, { cause })
}
