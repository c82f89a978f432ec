import { METHODS } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { StatusError } from '../http/http-error.ts'

/** 404 for a request that matches no declared route, before any body is parsed. */
export const notFound = fp(
  async (app) => {
    const reject = (
      request: FastifyRequest,
      _reply: FastifyReply,
      done: (error?: Error) => void,
    ) => {
      done(request.routeOptions.config.access === undefined ? new StatusError(404) : undefined)
    }
    app.addHook('onRequest', reject)
    // A route of a third-party plugin may call the not-found handler after onRequest.
    app.addHook('preHandler', reject)
  },
  { name: 'not-found', dependencies: ['errors', 'cors'] },
)

/** 405 for the other methods of the known paths. It must be registered after the routes. */
export const methodNotAllowed = fp(
  async (app) => {
    const all = METHODS.filter((method) => method !== 'CONNECT')
    for (const method of all) {
      if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
    }
    // All of them before the first fallback: two patterns can differ only in a parameter's name.
    for (const url of app.policies.keys()) {
      const supported = all.filter((method) => app.hasRoute({ url, method }))
      app.routeMethods.set(url, supported.join(', '))
    }
    for (const [url, allow] of app.routeMethods) {
      const method = all.filter((name) => !app.hasRoute({ url, method: name }))
      if (method.length === 0) continue
      const reject = async () => {
        throw new StatusError(405, { allow })
      }
      app.route({
        url,
        method,
        config: { access: 'public', isFallback: true },
        onRequest: reject,
        handler: reject,
      })
    }
  },
  { name: 'method-not-allowed', dependencies: ['declared-access', 'cors'] },
)
