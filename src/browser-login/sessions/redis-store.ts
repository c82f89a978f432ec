import type { FastifyBaseLogger } from 'fastify'
import { RedisConnection } from '../../redis/redis-connection.ts'
import { type Store, StoreUnavailableError } from './store.ts'

/** For one command: a page shows an error instead of hanging. */
const TIMEOUT_MS = 2_000

const KEY_PREFIX = 'messages-api:'

/** Keeps sessions in Redis, for any number of processes. */
export class RedisStore implements Store {
  readonly name = 'redis'
  readonly #redis: RedisConnection

  /** Starts to connect, and retries until it succeeds. */
  constructor(url: string, log: FastifyBaseLogger) {
    this.#redis = new RedisConnection({
      url,
      timeoutMs: TIMEOUT_MS,
      onConnected: () => log.info({ event: 'session_store_connected' }, 'Connected to Redis'),
      onLost: (err) => log.error({ event: 'session_store_lost', err }, 'Redis unavailable'),
      onErrorReply: (code) =>
        log.error({ event: 'session_store_error', code }, 'Redis returned an error'),
    })
  }

  get ready(): boolean {
    return this.#redis.ready
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#run((redis) => redis.get(KEY_PREFIX + key))) ?? undefined
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#run((redis) => redis.set(KEY_PREFIX + key, value, expiry(ttlMs)))
  }

  async add(key: string, value: string, ttlMs: number): Promise<boolean> {
    const options = { ...expiry(ttlMs), condition: 'NX' } as const
    return (await this.#run((redis) => redis.set(KEY_PREFIX + key, value, options))) !== null
  }

  async replace(key: string, value: string, ttlMs: number): Promise<boolean> {
    const options = { ...expiry(ttlMs), condition: 'XX' } as const
    return (await this.#run((redis) => redis.set(KEY_PREFIX + key, value, options))) !== null
  }

  async take(key: string): Promise<string | undefined> {
    return (await this.#run((redis) => redis.getDel(KEY_PREFIX + key))) ?? undefined
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await this.#run((redis) => redis.del(keys.map((key) => KEY_PREFIX + key)))
  }

  async touch(key: string, ttlMs: number): Promise<void> {
    await this.#run((redis) => redis.pExpire(KEY_PREFIX + key, Math.ceil(ttlMs)))
  }

  async addMember(set: string, member: string, ttlMs: number): Promise<void> {
    await this.#run((redis) => redis.sAdd(KEY_PREFIX + set, member))
    await this.touch(set, ttlMs)
  }

  async removeMembers(set: string, members: readonly string[]): Promise<void> {
    if (members.length > 0) await this.#run((redis) => redis.sRem(KEY_PREFIX + set, [...members]))
  }

  async members(set: string): Promise<readonly string[]> {
    return this.#run((redis) => redis.sMembers(KEY_PREFIX + set))
  }

  async close(): Promise<void> {
    this.#redis.close()
  }

  async #run<T>(command: Parameters<typeof RedisConnection.prototype.run<T>>[0]): Promise<T> {
    return this.#redis.run(command).catch((cause) => {
      throw new StoreUnavailableError({ cause })
    })
  }
}

function expiry(ttlMs: number) {
  return { expiration: { type: 'PX', value: Math.max(1, Math.ceil(ttlMs)) } } as const
}
