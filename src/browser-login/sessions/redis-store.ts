import { createHash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { RedisConnection, type RedisStatus } from '../../redis/redis-connection.ts'
import { type Store, StoreUnavailableError } from './store.ts'

/** For one command: a page shows an error instead of hanging. */
const TIMEOUT_MS = 2_000

/** In 10 minutes, for logins that were begun: some 50 MB. */
const CAPACITY = 50_000

const ADD_SCRIPT = `redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('ZCARD', KEYS[1])`

const SWAP_SCRIPT = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

/** Keeps sessions in Redis, for any number of processes. */
export class RedisStore implements Store {
  readonly name = 'redis'
  readonly capacity = CAPACITY
  readonly #redis: RedisConnection
  readonly #prefix: string

  /**
   * Starts to connect, and retries until it succeeds.
   *
   * @param deployment what identifies it: others may use the same Redis
   */
  constructor(url: string, deployment: string, log: FastifyBaseLogger) {
    const digest = createHash('sha256').update(deployment).digest('base64url')
    this.#prefix = `messages-api:${digest.slice(0, 22)}:`
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

  get status(): RedisStatus {
    return this.#redis
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#run((redis) => redis.get(this.#prefix + key))) ?? undefined
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#run((redis) => redis.set(this.#prefix + key, value, expiry(ttlMs)))
  }

  async add(key: string, value: string, ttlMs: number): Promise<boolean> {
    const options = { ...expiry(ttlMs), condition: 'NX' } as const
    return (await this.#run((redis) => redis.set(this.#prefix + key, value, options))) !== null
  }

  async replace(key: string, value: string, ttlMs: number): Promise<boolean> {
    const options = { ...expiry(ttlMs), condition: 'XX' } as const
    return (await this.#run((redis) => redis.set(this.#prefix + key, value, options))) !== null
  }

  async swap(key: string, expected: string, value: string, ttlMs: number): Promise<void> {
    const options = {
      keys: [this.#prefix + key],
      arguments: [expected, value, String(Math.ceil(ttlMs))],
    }
    await this.#run((redis) => redis.eval(SWAP_SCRIPT, options))
  }

  async take(key: string): Promise<string | undefined> {
    return (await this.#run((redis) => redis.getDel(this.#prefix + key))) ?? undefined
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await this.#run((redis) => redis.del(keys.map((key) => this.#prefix + key)))
  }

  async touch(key: string, ttlMs: number): Promise<void> {
    await this.#run((redis) => redis.pExpire(this.#prefix + key, Math.ceil(ttlMs)))
  }

  async addMember(set: string, member: string, ttlMs: number): Promise<number> {
    const options = {
      keys: [this.#prefix + set],
      arguments: [String(Date.now()), member, String(Math.ceil(ttlMs))],
    }
    return Number(await this.#run((redis) => redis.eval(ADD_SCRIPT, options)))
  }

  async removeMembers(set: string, members: readonly string[]): Promise<void> {
    if (members.length > 0) await this.#run((redis) => redis.zRem(this.#prefix + set, [...members]))
  }

  async members(set: string): Promise<readonly string[]> {
    return this.#run((redis) => redis.zRange(this.#prefix + set, 0, -1))
  }

  async takeOldest(set: string): Promise<readonly string[]> {
    const oldest = await this.#run((redis) => redis.zPopMinCount(this.#prefix + set, 1))
    return oldest.map(({ value }) => value)
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
