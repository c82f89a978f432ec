import fp from 'fastify-plugin'
import { StatusError } from './errors.ts'
import { fieldValues } from './raw-headers.ts'

/** Refuses an HTTP/1.1 request that does not name exactly one host (RFC 9112 §3.2). */
export const host = fp(
  async (app) => {
    app.addHook('onRequest', ({ raw }, _reply, done) => {
      const hosts = fieldValues(raw, 'host').length
      done(
        hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')
          ? undefined
          : new StatusError(400),
      )
    })
  },
  { name: 'host', dependencies: ['errors', 'cors'] },
)
