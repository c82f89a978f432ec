import fp from 'fastify-plugin'
import { COMMON_HEADERS } from '../http/common-headers.ts'

/** Sets the common headers before any other plugin can respond. */
export const securityHeaders = fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(COMMON_HEADERS).header('x-request-id', request.id)
      done()
    })
  },
  { name: 'security-headers' },
)
