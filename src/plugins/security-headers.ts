import fp from 'fastify-plugin'

const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '0',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** The headers of every response, including those that no hook sees. */
export function commonHeaders(requestId: string): Record<string, string> {
  return { ...HEADERS, 'x-request-id': requestId }
}

/** Sets the common headers before any other plugin can respond. */
export const securityHeaders = fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(HEADERS).header('x-request-id', request.id)
      done()
    })
  },
  { name: 'security-headers' },
)
