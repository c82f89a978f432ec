import fastifyCors from '@fastify/cors'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ClientOrigins } from '../access/client-origins.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether pages of any origin may read the responses of the route. It must not depend on who calls. */
    anyOrigin?: true
  }
  interface FastifyInstance {
    /** The methods of the routes, as in `Allow`, by path pattern. `methodNotAllowed` fills it. */
    routeMethods: Map<string, string>
  }
}

export interface CorsSettings {
  /** The browser origins that may call the API, and patterns with one `*`. */
  readonly origins: readonly string[]
  /** Request headers that pass beyond the default ones. */
  readonly allowedHeaders?: readonly string[]
  /** Response headers that scripts can read beyond the default ones. */
  readonly exposedHeaders?: readonly string[]
}

/** What API clients, tracing and conditional requests send. */
const ALLOWED_HEADERS = [
  ...['Authorization', 'Content-Type', 'DPoP'],
  ...['traceparent', 'tracestate', 'baggage', 'sentry-trace'],
  ...['If-Match', 'If-None-Match', 'Idempotency-Key', 'Accept-Language', 'X-Requested-With'],
]

const EXPOSED_HEADERS = [
  ...['WWW-Authenticate', 'Retry-After', 'X-Request-Id'],
  ...['DPoP-Nonce', 'ETag', 'Location'],
]

/** Who may call the API from a browser. Headers contain configured text alone, except for an allowed origin. */
export class CorsPolicy {
  readonly origins: ClientOrigins
  readonly allowedHeaders: string
  readonly exposedHeaders: string

  constructor({ origins, allowedHeaders = [], exposedHeaders = [] }: CorsSettings) {
    this.origins = new ClientOrigins(origins)
    this.allowedHeaders = listOf([...ALLOWED_HEADERS, ...allowedHeaders])
    this.exposedHeaders = listOf([...EXPOSED_HEADERS, ...exposedHeaders])
  }

  /** The CORS headers of a response that no hook sees. */
  headers(origin = ''): Record<string, string> {
    const headers = { vary: 'Origin', 'access-control-expose-headers': this.exposedHeaders }
    return this.origins.has(origin)
      ? { ...headers, 'access-control-allow-origin': origin }
      : headers
  }
}

/** Answers preflights before authentication, and allows the origins to read every response. */
export const cors = fp<{ readonly policy: CorsPolicy }>(
  async (app, { policy }) => {
    await app.register(fastifyCors, {
      origin: [...policy.origins.matchers],
      exposedHeaders: policy.exposedHeaders,
      // It would treat any OPTIONS request as a preflight, or reject it with its own error body:
      // https://github.com/fastify/fastify-cors/issues/88
      preflight: false,
    })
    app.decorate('routeMethods', new Map())
    const preflightHeaders = {
      'access-control-allow-headers': policy.allowedHeaders,
      'access-control-max-age': '86400',
    }
    const openPaths = new Set<string>()
    app.addHook('onRoute', ({ url, config }) => {
      if (config?.anyOrigin) openPaths.add(url)
    })
    /** The methods of all paths. */
    let allMethods = ''
    app.addHook('onReady', async () => {
      const methods = [...app.routeMethods.values()].flatMap((list) => list.split(', '))
      allMethods = [...new Set(methods)].sort().join(', ')
    })
    app.addHook('onRequest', (request, reply, done) => {
      const isOpen = openPaths.size > 0 && openPaths.has(String(request.routeOptions.url))
      if (isOpen) reply.header('access-control-allow-origin', '*')
      if (!isPreflight(request)) return done()
      // Every path has a route for OPTIONS: its own, or the one that answers 405. For an unknown
      // path, the browser sends the request, and the client reads the 404.
      const methods = app.routeMethods.get(String(request.routeOptions.url)) ?? allMethods
      reply
        .code(204)
        .headers({
          'access-control-allow-methods': methods,
          ...preflightHeaders,
          ...(isOpen && { 'access-control-allow-headers': '*' }),
        })
        .send()
    })
  },
  { name: 'cors', dependencies: ['security-headers'] },
)

/** A CORS preflight (Fetch standard, CORS protocol); any other OPTIONS request is an ordinary request. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}

/** The value of a header that lists names. Each is in it once, as it is written first. */
function listOf(names: readonly string[]): string {
  const keys = names.map((name) => name.toLowerCase())
  return names.filter((_name, index) => keys.indexOf(String(keys[index])) === index).join(', ')
}
