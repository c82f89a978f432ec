import { createHash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Client } from '../../redis/link.ts'
import { OnDemandRedis } from '../../redis/on-demand-redis.ts'
import type { RedisStatus } from '../../redis/redis-connection.ts'
import type { Count } from './memory-counters.ts'

const KEY_PREFIX = 'messages-api:limit:'

/** One command, which leaves no key without an expiry. */
const COUNT_SCRIPT = `local count = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`

/** Counts requests in Redis, for any number of processes. */
export class RedisCounters {
  readonly #redis: OnDemandRedis

  constructor(url: string, log: FastifyBaseLogger) {
    this.#redis = new OnDemandRedis({
      url,
      onUnavailable: (err) =>
        log.warn(
          { event: 'limit_store_unavailable', err },
          'Redis unavailable: each process counts for itself',
        ),
      onErrorReply: (code) =>
        log.error({ event: 'limit_store_error', code }, 'Redis returned an error'),
    })
  }

  /**
   * Counts a request.
   *
   * @returns undefined if Redis is unavailable
   */
  count(key: string, windowMs: number): Promise<Count | undefined> {
    const options = { keys: [nameOf(key)], arguments: [String(windowMs)] }
    return this.#ask(async (client) => {
      const [count, ttl] = (await client.eval(COUNT_SCRIPT, options)) as [number, number]
      return { count, ttl }
    })
  }

  /**
   * Reads a count.
   *
   * @returns undefined if Redis is unavailable
   */
  read(key: string): Promise<Count | undefined> {
    const name = nameOf(key)
    return this.#ask(async (client) => {
      const [count, ttl] = await Promise.all([client.get(name), client.pTTL(name)])
      // A counter without an expiry does not count: the next failure gives it one.
      return { count: ttl < 0 ? 0 : Number(count), ttl }
    })
  }

  /** Undefined if nothing was counted yet. */
  get status(): RedisStatus | undefined {
    return this.#redis.status
  }

  close(): void {
    this.#redis.close()
  }

  async #ask(
    command: (client: Client) => Promise<{ readonly count: number; readonly ttl: number }>,
  ): Promise<Count | undefined> {
    if (this.#redis.isPaused) return undefined
    const now = performance.now()
    try {
      const { count, ttl } = await this.#redis.run(command)
      return { count, end: now + ttl }
    } catch {
      return undefined
    }
  }
}

/** Subjects and organizations may be long, and are personal data: the name has a digest. */
function nameOf(key: string): string {
  return KEY_PREFIX + createHash('sha256').update(key).digest('base64url')
}
