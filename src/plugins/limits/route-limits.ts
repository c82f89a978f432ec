import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  RouteOptions,
} from 'fastify'
import fp from 'fastify-plugin'
import { type RequestLimit, readLimit } from '../../access/limit.ts'
import { clientAddress } from '../../http/client-address.ts'
import { StatusError } from '../../http/http-error.ts'
import { type Count, MemoryCounters } from './memory-counters.ts'
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
  /** What the servers that count together have in common, such as issuer and audience. */
  readonly scope: string
}

const EXPOSE_HEADERS = 'access-control-expose-headers'
const RATE_LIMIT_HEADERS = 'RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset'

/** Counts a request, at once or asynchronously. */
type CountRequest = (request: FastifyRequest) => Count | Promise<Count>

/**
 * Limits the requests of routes that declare `config.limit`. Other routes get no hook. A request
 * counts once it is authorized, and before its body is read.
 */
export const routeLimits = fp<RouteLimitsOptions>(
  async (app, { redisUrl, scope }) => {
    const redis = redisUrl === undefined ? undefined : await redisCounters(app, redisUrl)
    const counters = new Map<string, CountRequest>()

    app.addHook('onRoute', (route) => {
      const limit = limitOf(route)
      if (limit === undefined) return
      const id = routeId(route, limit)
      const count =
        counters.get(id) ??
        (redis === undefined ? countInMemory(limit) : countInRedis(redis, limit, scope + id))
      counters.set(id, count)
      route.onRequest = [limitRequests(limit, count), route.onRequest ?? []].flat()
    })
  },
  { name: 'route-limits', dependencies: ['authorize', 'dry-run'] },
)

/** Loads the client of Redis only where it is used. */
async function redisCounters(app: FastifyInstance, url: string): Promise<RedisCounters> {
  const { RedisCounters } = await import('./redis-counters.ts')
  const redis = new RedisCounters(url, app.log)
  app.redisConnections.set('limits', () => redis.status)
  app.addHook('onClose', async () => redis.close())
  return redis
}

/** @throws Error if the limit is invalid */
function limitOf({ method, url, config }: RouteOptions): RequestLimit | undefined {
  try {
    return readLimit(config?.limit, config?.access)
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

function countInMemory({ window, per }: RequestLimit): CountRequest {
  const counters = new MemoryCounters()
  return (request) => counters.count(keyOf(request, per), window * 1000)
}

/**
 * Counts in Redis, and in memory too: the memory counts while Redis is unavailable, and a client that
 * is beyond the limit causes no more commands.
 */
function countInRedis(
  redis: RedisCounters,
  { max, window, per }: RequestLimit,
  id: string,
): CountRequest {
  const counters = new MemoryCounters()
  return (request) => {
    const key = keyOf(request, per)
    const own = counters.count(key, window * 1000)
    if (own.count > max) return own
    return redis.count(`${id} ${key}`, window * 1000).then((shared) => {
      if (shared === undefined) return own
      counters.set(key, shared)
      return shared
    })
  }
}

/** A subject is unique per issuer only. An organization is one, whatever domain of the tenant is used. */
function keyOf({ principal, ip }: FastifyRequest, per: RequestLimit['per']): string {
  if (per === 'address' || principal === null) return `address ${clientAddress(ip)}`
  const { issuer, organization, subject } = principal
  return per === 'subject' || organization === undefined
    ? `subject ${issuer} ${subject}`
    : `organization ${organization}`
}

function limitRequests(limit: RequestLimit, countRequest: CountRequest): onRequestHookHandler {
  return (request, reply, done) => {
    if (request.isDryRun) return done()
    const counted = countRequest(request)
    if (!(counted instanceof Promise)) return done(exceeded(reply, limit, counted))
    counted.then((count) => done(exceeded(reply, limit, count)), done)
  }
}

/** Tells the client where it stands, and returns the error if it is beyond the limit. */
function exceeded(
  reply: FastifyReply,
  { max, window }: RequestLimit,
  { count, end }: Count,
): StatusError | undefined {
  const rest = Math.ceil((end - performance.now()) / 1000)
  const reset = String(Math.min(window, Math.max(1, rest)))
  reply.headers({
    'ratelimit-limit': String(max),
    'ratelimit-remaining': String(Math.max(0, max - count)),
    'ratelimit-reset': reset,
    [EXPOSE_HEADERS]: `${reply.getHeader(EXPOSE_HEADERS)}, ${RATE_LIMIT_HEADERS}`,
  })
  if (count <= max) return undefined
  return new StatusError(429, { 'retry-after': reset }, 'rate_limited')
}
