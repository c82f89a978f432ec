import { METHODS } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { StatusError } from './errors.ts'

/** 404 for a request that meets no route of ours, before any body is parsed. */
export const notFound = fp(
  async (app) => {
    const refuse = (request: FastifyRequest, _reply: FastifyReply, done: (e?: Error) => void) => {
      done(request.routeOptions.config.access === undefined ? new StatusError(404) : undefined)
    }
    app.addHook('onRequest', refuse)
    // Where a route of a third-party plugin finds only now that it has nothing to answer.
    app.addHook('preHandler', refuse)
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
    for (const url of [...app.policies.keys()]) {
      const answered = all.filter((method) => app.hasRoute({ url, method }))
      const allow = answered.join(', ')
      const refuse = async () => {
        throw new StatusError(405, { allow })
      }
      app.route({
        url,
        method: all.filter((method) => !answered.includes(method)),
        config: { access: 'public' },
        onRequest: refuse,
        handler: refuse,
      })
    }
  },
  { name: 'method-not-allowed', dependencies: ['declared-access'] },
)
