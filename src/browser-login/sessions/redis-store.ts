import { createClient } from '@redis/client'
import type { FastifyBaseLogger } from 'fastify'
import { type Store, StoreUnavailableError } from './store.ts'

/** No command may take longer, in milliseconds: a page says so instead of hanging. */
const TIMEOUT = 2_000
/** The longest wait before another attempt to connect, in milliseconds. */
const MAX_RETRY_DELAY = 2_000

const PREFIX = 'messages-api:'

/** Keeps sessions in Redis, for any number of processes. */
export class RedisStore implements Store {
  readonly name = 'redis'
  readonly #client: ReturnType<typeof clientFor>

  /** Begins to connect, and goes on trying for as long as it takes. */
  constructor(url: string, log: FastifyBaseLogger) {
    this.#client = clientFor(url)
    let known: boolean | undefined
    this.#client.on('ready', () => {
      known = true
      log.info({ event: 'session_store_connected' }, 'The session store is there')
    })
    const lost = (err: unknown) => {
      if (known !== false) log.error({ event: 'session_store_lost', err }, 'No session store')
      known = false
    }
    this.#client.on('error', lost)
    this.#client.connect().catch(lost)
  }

  get ready(): boolean {
    return this.#client.isReady
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#ask((redis) => redis.get(PREFIX + key))) ?? undefined
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    await this.#ask((redis) => redis.set(PREFIX + key, value, expiry(ttl)))
  }

  async add(key: string, value: string, ttl: number): Promise<boolean> {
    const options = { ...expiry(ttl), condition: 'NX' } as const
    return (await this.#ask((redis) => redis.set(PREFIX + key, value, options))) !== null
  }

  async replace(key: string, value: string, ttl: number): Promise<boolean> {
    const options = { ...expiry(ttl), condition: 'XX' } as const
    return (await this.#ask((redis) => redis.set(PREFIX + key, value, options))) !== null
  }

  async take(key: string): Promise<string | undefined> {
    return (await this.#ask((redis) => redis.getDel(PREFIX + key))) ?? undefined
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await this.#ask((redis) => redis.del(keys.map((key) => PREFIX + key)))
  }

  async touch(key: string, ttl: number): Promise<void> {
    await this.#ask((redis) => redis.pExpire(PREFIX + key, Math.ceil(ttl)))
  }

  async join(set: string, member: string, ttl: number): Promise<void> {
    await this.#ask((redis) => redis.sAdd(PREFIX + set, member))
    await this.touch(set, ttl)
  }

  async leave(set: string, members: readonly string[]): Promise<void> {
    if (members.length > 0) await this.#ask((redis) => redis.sRem(PREFIX + set, [...members]))
  }

  async members(set: string): Promise<readonly string[]> {
    return this.#ask((redis) => redis.sMembers(PREFIX + set))
  }

  async close(): Promise<void> {
    this.#client.destroy()
  }

  async #ask<T>(command: (client: ReturnType<typeof clientFor>) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Redis does not answer.')), TIMEOUT)
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
    // What was asked while it is away is told so at once, rather than answered some time later.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: TIMEOUT,
      reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, MAX_RETRY_DELAY),
    },
  })
}

function expiry(ttl: number) {
  return { expiration: { type: 'PX', value: Math.max(1, Math.ceil(ttl)) } } as const
}
