import { METHODS } from 'node:http'
import fp from 'fastify-plugin'
import { StatusError } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that are answered at each path. */
    methodsAt: ReadonlyMap<string, ReadonlySet<string>>
  }
}

/** 404 for a request that meets no route of ours, before any body is parsed. */
export const notFound = fp(
  async (app) => {
    const methodsAt = new Map<string, Set<string>>()
    app.decorate('methodsAt', methodsAt)

    app.addHook('onRoute', ({ url, method }) => {
      const methods = methodsAt.get(url) ?? new Set()
      methodsAt.set(url, methods)
      for (const name of [method].flat()) methods.add(name)
    })

    app.addHook('onRequest', (request, _reply, done) => {
      done(request.routeOptions.config.access === undefined ? new StatusError(404) : undefined)
    })
  },
  { name: 'not-found', dependencies: ['errors', 'cors'] },
)

/** 405 for every other method at the paths that are known by now: it comes after the routes. */
export const methodNotAllowed = fp(
  async (app) => {
    const all = METHODS.filter((method) => method !== 'CONNECT')
    for (const method of all) {
      if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
    }
    for (const [url, methods] of [...app.methodsAt]) {
      const allow = [...methods].join(', ')
      const refuse = async () => {
        throw new StatusError(405, { allow })
      }
      app.route({
        url,
        method: all.filter((method) => !methods.has(method)),
        config: { access: 'public' },
        onRequest: refuse,
        handler: refuse,
      })
    }
  },
  { name: 'method-not-allowed', dependencies: ['not-found'] },
)
