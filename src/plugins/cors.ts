import fastifyCors from '@fastify/cors'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

export interface CorsOptions {
  /** The browser origins that may call the API. */
  readonly clientOrigins: readonly string[]
}

const EXPOSED = 'WWW-Authenticate, Retry-After, X-Request-Id'

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': 'Authorization, Content-Type',
  'access-control-max-age': '86400',
  'content-length': '0',
} as const

/** Answers preflights before authentication, and lets the allowed origins read every answer. */
export const cors = fp<CorsOptions>(
  async (app, { clientOrigins }) => {
    await app.register(fastifyCors, {
      origin: [...clientOrigins],
      exposedHeaders: EXPOSED,
      // It would take any OPTIONS for a preflight, or refuse it in words of its own.
      preflight: false,
    })
    app.addHook('onRequest', (request, reply, done) => {
      if (isPreflight(request)) reply.code(204).headers(PREFLIGHT).send()
      else done()
    })
  },
  { name: 'cors', dependencies: ['security-headers'] },
)

/** The CORS headers of an answer that passes no hook. */
export function corsHeaders(
  origin: string | undefined,
  clientOrigins: readonly string[],
): Record<string, string> {
  const vary = { vary: 'Origin', 'access-control-expose-headers': EXPOSED }
  const allowed = clientOrigins.find((clientOrigin) => clientOrigin === origin)
  return allowed === undefined ? vary : { ...vary, 'access-control-allow-origin': allowed }
}

/** A CORS preflight (Fetch standard, CORS protocol); any other OPTIONS is a method like the rest. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
