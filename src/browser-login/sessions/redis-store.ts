import { createClient } from '@redis/client'
import type { FastifyBaseLogger } from 'fastify'
import { type Store, StoreUnavailableError } from './store.ts'

/** For one command, and for a connection: a page shows an error instead of hanging. */
const TIMEOUT_MS = 2_000
const MIN_RETRY_DELAY_MS = 100
const MAX_RETRY_DELAY_MS = 2_000

const KEY_PREFIX = 'messages-api:'

/** Keeps sessions in Redis, for any number of processes. */
export class RedisStore implements Store {
  readonly name = 'redis'
  readonly #client: ReturnType<typeof clientFor>

  /** Starts to connect, and retries until it succeeds. */
  constructor(url: string, log: FastifyBaseLogger) {
    this.#client = clientFor(url)
    let connected: boolean | undefined
    this.#client.on('ready', () => {
      connected = true
      log.info({ event: 'session_store_connected' }, 'Connected to Redis')
    })
    const onError = (err: unknown) => {
      // Each failed retry is an error too: log only the first one.
      if (connected !== false) log.error({ event: 'session_store_lost', err }, 'Redis unavailable')
      connected = false
    }
    this.#client.on('error', onError)
    this.#client.connect().catch(onError)
  }

  get ready(): boolean {
    return this.#client.isReady
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
    this.#client.destroy()
  }

  async #run<T>(command: (client: ReturnType<typeof clientFor>) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Redis command timed out')), TIMEOUT_MS)
    })
    return Promise.race([command(this.#client), deadline])
      .catch((cause) => {
        throw new StoreUnavailableError({ cause })
      })
      .finally(() => clearTimeout(timer))
  }
}

function clientFor(url: string) {
  return createClient({
    url,
    RESP: 2,
    // Commands fail at once while Redis is down; they are not queued until it is back.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: TIMEOUT_MS,
      reconnectStrategy: (retries) =>
        Math.min(MIN_RETRY_DELAY_MS * 2 ** retries, MAX_RETRY_DELAY_MS),
    },
  })
}

function expiry(ttlMs: number) {
  return { expiration: { type: 'PX', value: Math.max(1, Math.ceil(ttlMs)) } } as const
}
