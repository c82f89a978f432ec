import { createHash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { RedisConnection, type RedisStatus } from '../../redis/redis-connection.ts'
import type { Count } from './memory-counters.ts'

/** For one command: the request waits for it. */
const TIMEOUT_MS = 500
/** After a failure, requests do not wait for Redis for this time. */
const PAUSE_MS = 1_000
const WARNING_INTERVAL_MS = 60_000

const KEY_PREFIX = 'messages-api:limit:'

/** One command, which leaves no key without an expiry. */
const COUNT_SCRIPT = `local count = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`

/** Counts requests in Redis, for any number of processes. */
export class RedisCounters {
  readonly #url: string
  readonly #log: FastifyBaseLogger
  #redis: RedisConnection | undefined
  #pausedUntil = 0
  #nextWarning = 0

  constructor(url: string, log: FastifyBaseLogger) {
    this.#url = url
    this.#log = log
  }

  /**
   * Counts a request. The first call connects, so that nothing connects where no route has a limit.
   *
   * @returns undefined if Redis is unavailable
   */
  async count(key: string, windowMs: number): Promise<Count | undefined> {
    const now = performance.now()
    if (now < this.#pausedUntil) return undefined
    this.#redis ??= this.#connect()
    const options = { keys: [KEY_PREFIX + digestOf(key)], arguments: [String(windowMs)] }
    try {
      const reply = await this.#redis.run((client) => client.eval(COUNT_SCRIPT, options))
      const [count, ttl] = reply as [number, number]
      return { count, end: now + ttl }
    } catch (err) {
      this.#pause(err)
      return undefined
    }
  }

  /** Undefined if nothing was counted yet. */
  get status(): RedisStatus | undefined {
    return this.#redis
  }

  close(): void {
    this.#redis?.close()
  }

  #connect(): RedisConnection {
    return new RedisConnection({
      url: this.#url,
      timeoutMs: TIMEOUT_MS,
      onErrorReply: (code) =>
        this.#log.error({ event: 'limit_store_error', code }, 'Redis returned an error'),
    })
  }

  #pause(err: unknown): void {
    const now = performance.now()
    this.#pausedUntil = now + PAUSE_MS
    if (now < this.#nextWarning) return
    this.#nextWarning = now + WARNING_INTERVAL_MS
    const event = { event: 'limit_store_unavailable', err }
    this.#log.warn(event, 'Redis unavailable: each process counts for itself')
  }
}

/** Subjects and organizations may be long, and are personal data. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
