import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type AccessPolicy, readPolicy } from '../access/policy.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. A route that does not say stops the start. */
    access?: AccessPolicy
  }
  interface FastifyInstance {
    /**
     * Who may call the routes of this scope that do not say so themselves. Set it in a scope around
     * a third-party plugin, whose routes know nothing of access policies; never outside of one.
     */
    scopeAccess: AccessPolicy | undefined
    /** What the routes declare, by path and method. */
    policies: ReadonlyMap<string, ReadonlyMap<string, AccessPolicy>>
  }
}

/** Denies by default: a route that declares no access policy, or one that cannot be, stops the start. */
export const declaredAccess = fp(
  async (app) => {
    const policies = new Map<string, Map<string, AccessPolicy>>()
    app.decorate('scopeAccess', {
      getter: () => undefined,
      setter(this: FastifyInstance, value) {
        if (this === app) throw new Error('Access is declared by route, or in a scope of its own.')
        Object.defineProperty(this, 'scopeAccess', { value })
      },
    })
    app.decorate('policies', policies)

    app.addHook('onRoute', function (route) {
      const { url, method, config } = route
      try {
        const access = readPolicy(config?.access ?? this.scopeAccess)
        route.config = { ...config, access }
        const methods = policies.get(url) ?? new Map()
        policies.set(url, methods)
        for (const name of [method].flat()) methods.set(name, access)
      } catch (error) {
        throw new Error(`The route ${method} ${url} ${(error as Error).message}.`)
      }
    })
  },
  { name: 'declared-access' },
)
