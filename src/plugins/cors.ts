import fastifyCors from '@fastify/cors'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

export interface CorsOptions {
  /** The browser origins that may call the API. */
  readonly clientOrigins: readonly string[]
}

const EXPOSED = ['WWW-Authenticate', 'Retry-After', 'X-Request-Id']

/** Answers preflights before authentication, and lets the allowed origins read every answer. */
export const cors = fp<CorsOptions>(
  async (app, { clientOrigins }) => {
    const options = {
      origin: [...clientOrigins],
      methods: ['GET', 'HEAD'],
      allowedHeaders: ['Authorization', 'Content-Type'],
      exposedHeaders: EXPOSED,
      maxAge: 86_400,
    }
    await app.register(fastifyCors, {
      delegator(request, callback) {
        callback(null, { ...options, preflight: isPreflight(request) })
      },
    })
  },
  { name: 'cors', dependencies: ['security-headers'] },
)

/** The CORS headers of an answer that passes no hook. */
export function corsHeaders(
  origin: string | undefined,
  clientOrigins: readonly string[],
): Record<string, string> {
  const vary = { vary: 'Origin', 'access-control-expose-headers': EXPOSED.join(', ') }
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
