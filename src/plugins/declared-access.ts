import fp from 'fastify-plugin'
import { type AccessPolicy, readPolicy } from '../access/policy.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. A route that does not say stops the start. */
    access?: AccessPolicy
  }
}

/** Denies by default: a route that declares no access policy, or one that cannot be, stops the start. */
export const declaredAccess = fp(
  async (app) => {
    app.addHook('onRoute', ({ url, method, config }) => {
      try {
        readPolicy(config?.access)
      } catch (error) {
        throw new Error(`The route ${method} ${url} ${(error as Error).message}.`)
      }
    })
  },
  { name: 'declared-access' },
)
