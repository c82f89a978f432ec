import type { FastifyReply, FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { type RequestLimit, readLimit } from '../../access/limit.ts'
import { clientAddress } from '../../http/client-address.ts'
import { StatusError } from '../../http/http-error.ts'
import type { Counter } from './counters.ts'
import type { Count } from './memory-counters.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How often the route may be called; GET and HEAD are counted together. */
    limit?: RequestLimit
  }
}

const EXPOSE_HEADERS = 'access-control-expose-headers'
const RATE_LIMIT_HEADERS = 'RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset'

/**
 * Limits the requests of routes that declare `config.limit`. Other routes get no hook. A request
 * counts once it is authorized, and before its body is read.
 */
export const routeLimits = fp(
  async (app) => {
    const counters = new Map<string, Counter>()

    app.addHook('onRoute', (route) => {
      const limit = limitOf(route)
      if (limit === undefined) return
      const id = routeId(route, limit)
      const { max, window } = limit
      const counter = counters.get(id) ?? app.createCounter(id, { max, windowMs: window * 1000 })
      counters.set(id, counter)
      route.onRequest = [limitRequests(limit, counter), route.onRequest ?? []].flat()
    })
  },
  { name: 'route-limits', dependencies: ['authorize', 'dry-run', 'counters'] },
)

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

/** A subject is unique per issuer only. An organization is one, whatever domain of the tenant is used. */
function keyOf({ principal, ip }: FastifyRequest, per: RequestLimit['per']): string {
  if (per === 'address' || principal === null) return `address ${clientAddress(ip)}`
  const { issuer, organization, subject } = principal
  return per === 'subject' || organization === undefined
    ? `subject ${issuer} ${subject}`
    : `organization ${organization}`
}

function limitRequests(limit: RequestLimit, counter: Counter): onRequestHookHandler {
  return (request, reply, done) => {
    if (request.isDryRun) return done()
    const counted = counter.count(keyOf(request, limit.per))
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
