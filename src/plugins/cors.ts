import fastifyCors from '@fastify/cors'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

export interface CorsOptions {
  /** The browser origins that may call the API. */
  readonly clientOrigins: readonly string[]
}

const EXPOSED_HEADERS = 'WWW-Authenticate, Retry-After, X-Request-Id'

const PREFLIGHT_HEADERS = {
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': 'Authorization, Content-Type',
  'access-control-max-age': '86400',
  'content-length': '0',
} as const

/** Answers preflights before authentication, and allows the origins to read every response. */
export const cors = fp<CorsOptions>(
  async (app, { clientOrigins }) => {
    await app.register(fastifyCors, {
      origin: [...clientOrigins],
      exposedHeaders: EXPOSED_HEADERS,
      // It would treat any OPTIONS request as a preflight, or reject it with its own error body:
      // https://github.com/fastify/fastify-cors/issues/88
      preflight: false,
    })
    app.addHook('onRequest', (request, reply, done) => {
      if (isPreflight(request)) reply.code(204).headers(PREFLIGHT_HEADERS).send()
      else done()
    })
  },
  { name: 'cors', dependencies: ['security-headers'] },
)

/** The CORS headers of a response that no hook sees. */
export function corsHeaders(
  origin: string | undefined,
  clientOrigins: readonly string[],
): Record<string, string> {
  const vary = { vary: 'Origin', 'access-control-expose-headers': EXPOSED_HEADERS }
  const allowed = clientOrigins.find((clientOrigin) => clientOrigin === origin)
  return allowed === undefined ? vary : { ...vary, 'access-control-allow-origin': allowed }
}

/** A CORS preflight (Fetch standard, CORS protocol); any other OPTIONS request is an ordinary request. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
