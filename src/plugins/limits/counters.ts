import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Count, MemoryCounters } from './memory-counters.ts'
import type { RedisCounters } from './redis-counters.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Creates what counts the requests of clients, for all processes that share a Redis server.
     *
     * @param id what is counted: the same in all processes
     */
    createCounter(id: string, limit: CounterLimit): Counter
  }
}

export interface CounterLimit {
  /** Beyond it, no command is sent to Redis. */
  readonly max: number
  readonly windowMs: number
}

/** Counts by the key of a client, at once or asynchronously. */
export interface Counter {
  count(key: string): Count | Promise<Count>
  /** Where the client stands, without counting; undefined if nothing was counted. */
  read(key: string): Count | undefined | Promise<Count | undefined>
}

export interface CountersOptions {
  /** Undefined if requests are counted in the memory of the process. */
  readonly redisUrl: string | undefined
  /** What the servers that count together have in common, such as issuer and audience. */
  readonly scope: string
}

/** The counters of limits: in Redis if there is one, otherwise in the memory of the process. */
export const counters = fp<CountersOptions>(
  async (app, { redisUrl, scope }) => {
    const redis = redisUrl === undefined ? undefined : await connect(app, redisUrl)
    app.decorate('createCounter', (id, limit) =>
      redis === undefined
        ? countInMemory(limit)
        : countInRedis(redis, limit, (key) => `${scope}${id} ${key}`),
    )
  },
  { name: 'counters' },
)

/** Loads the client of Redis only where it is used. */
async function connect(app: FastifyInstance, url: string): Promise<RedisCounters> {
  const { RedisCounters } = await import('./redis-counters.ts')
  const redis = new RedisCounters(url, app.log)
  app.redisConnections.set('limits', () => redis.status)
  app.addHook('onClose', async () => redis.close())
  return redis
}

function countInMemory({ windowMs }: CounterLimit): Counter {
  const counters = new MemoryCounters()
  return {
    count: (key) => counters.count(key, windowMs),
    read: (key) => counters.read(key),
  }
}

/**
 * Counts in Redis, and in memory too: the memory counts while Redis is unavailable, and a client that
 * is beyond the limit causes no more commands.
 */
function countInRedis(
  redis: RedisCounters,
  { max, windowMs }: CounterLimit,
  nameOf: (key: string) => string,
): Counter {
  const counters = new MemoryCounters()
  /** What all processes counted, also for the memory; its own count if Redis is unavailable. */
  const takeOver = <Own>(key: string, own: Own, shared: Count | undefined): Count | Own => {
    if (shared === undefined) return own
    counters.set(key, shared)
    return shared
  }
  return {
    count(key) {
      const own = counters.count(key, windowMs)
      if (own.count > max) return own
      return redis.count(nameOf(key), windowMs).then((shared) => takeOver(key, own, shared))
    },
    read(key) {
      const own = counters.read(key)
      if (own !== undefined && own.count >= max) return own
      return redis.read(nameOf(key)).then((shared) => takeOver(key, own, shared))
    },
  }
}
