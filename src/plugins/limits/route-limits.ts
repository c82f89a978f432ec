import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { type RequestLimit, readLimit } from '../../access/limit.ts'
import { clientAddress } from '../../http/client-address.ts'
import { StatusError } from '../../http/http-error.ts'
import type { RedisCounters } from './redis-counters.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How often the route may be called; GET and HEAD are counted together. */
    limit?: RequestLimit
  }
}

export interface RouteLimitsOptions {
  /** Undefined if requests are counted in the memory of the process. */
  readonly redisUrl: string | undefined
}

/** The keys that are tracked in memory for each route. The least recently used ones are evicted. */
const MAX_KEYS = 10_000

const EXPOSE_HEADERS = 'access-control-expose-headers'
const RATE_LIMIT_HEADERS = 'RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset'

/** Where a client stands; `ttl` is the rest of the window in milliseconds. */
interface Count {
  readonly count: number
  readonly ttl: number
}

/** Counts a request; undefined if that is impossible now. */
type CountRequest = (request: FastifyRequest) => Promise<Count | undefined>

/**
 * Limits the requests of routes that declare `config.limit`. Other routes get no hook. A request
 * counts once it is authorized, and before its body is read.
 */
export const routeLimits = fp<RouteLimitsOptions>(
  async (app, { redisUrl }) => {
    const redis = redisUrl === undefined ? undefined : await redisCounters(app, redisUrl)
    const counters = new Map<string, CountRequest>()

    app.addHook('onRoute', (route) => {
      const limit = limitOf(route)
      if (limit === undefined) return
      const id = routeId(route, limit)
      const count =
        counters.get(id) ??
        (redis === undefined ? countInMemory(app, limit) : countInRedis(redis, limit, id))
      counters.set(id, count)
      route.onRequest = [limitRequests(limit, count), route.onRequest ?? []].flat()
    })
  },
  { name: 'route-limits', dependencies: ['authorize', 'dry-run', '@fastify/rate-limit'] },
)

/** Loads the client of Redis only where it is used. */
async function redisCounters(app: FastifyInstance, url: string): Promise<RedisCounters> {
  const { RedisCounters } = await import('./redis-counters.ts')
  const redis = new RedisCounters(url, app.log)
  app.addHook('onClose', async () => redis.close())
  return redis
}

/** @throws Error if the limit is invalid */
function limitOf({ method, url, config }: RouteOptions): RequestLimit | undefined {
  try {
    return readLimit(config?.limit, config?.access ?? {})
  } catch (error) {
    throw new Error(`The route ${method} ${url} ${(error as Error).message}.`)
  }
}

/** The same for all processes. HEAD is the same route as GET. */
function routeId({ method, url }: RouteOptions, { max, window, per }: RequestLimit): string {
  const methods = [method].flat()
  const name = methods.includes('GET') || methods.includes('HEAD') ? 'GET' : methods.join()
  return JSON.stringify([name, url, max, window, per])
}

function countInMemory(app: FastifyInstance, { max, window, per }: RequestLimit): CountRequest {
  const options = {
    max,
    timeWindow: window * 1000,
    keyGenerator: (request: FastifyRequest) => digestOf(keyOf(request, per)),
    cache: MAX_KEYS,
  }
  const limit = app.createRateLimit(options)
  return async (request) => {
    const { isExceeded, remaining, ttl } = (await limit(request)) as Counted
    return { count: isExceeded ? max + 1 : max - remaining, ttl }
  }
}

/** What the library returns where it has no list of allowed keys. */
type Counted = Extract<
  Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>,
  { isAllowed: false }
>

function countInRedis(
  redis: RedisCounters,
  { window, per }: RequestLimit,
  id: string,
): CountRequest {
  return (request) => redis.count(digestOf(`${id} ${keyOf(request, per)}`), window * 1000)
}

/** Subjects and organizations may be long, and are personal data. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

function keyOf({ principal, ip }: FastifyRequest, per: RequestLimit['per']): string {
  if (per === 'address' || principal === null) return `address ${clientAddress(ip)}`
  const { organization, subject } = principal
  return per === 'subject' || organization === undefined
    ? `subject ${subject}`
    : `organization ${organization}`
}

function limitRequests({ max, window }: RequestLimit, countRequest: CountRequest) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.isDryRun) return
    const counted = await countRequest(request)
    if (counted === undefined) return
    const { count, ttl } = counted
    const reset = String(Math.min(window, Math.max(1, Math.ceil(ttl / 1000))))
    reply.headers({
      'ratelimit-limit': String(max),
      'ratelimit-remaining': String(Math.max(0, max - count)),
      'ratelimit-reset': reset,
      [EXPOSE_HEADERS]: `${reply.getHeader(EXPOSE_HEADERS)}, ${RATE_LIMIT_HEADERS}`,
    })
    if (count > max) throw new StatusError(429, { 'retry-after': reset }, 'rate_limited')
  }
}
