import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type AccessPolicy, readPolicy } from '../access/policy.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The access policy of the route. Without one, the server does not start. */
    access?: AccessPolicy<FastifyRequest>
    /** Whether the route only answers 405, and is not one of the policies. */
    isFallback?: true
  }
  interface FastifyInstance {
    /**
     * The access policy of the routes of this scope that declare none. Set it in a scope around a
     * third-party plugin, whose routes have no access policies; it cannot be set on the root.
     */
    scopeAccess: AccessPolicy | undefined
    /** The access policies of all routes, by path and method. */
    policies: ReadonlyMap<string, ReadonlyMap<string, AccessPolicy>>
  }
}

export interface DeclaredAccessOptions {
  /** Whether tokens that are bound to a key are accepted. */
  readonly boundTokens: boolean
}

/** Denies by default: the server does not start if a route has no valid access policy. */
export const declaredAccess = fp<DeclaredAccessOptions>(
  async (app, { boundTokens }) => {
    const policies = new Map<string, Map<string, AccessPolicy>>()
    app.decorate('scopeAccess', {
      getter: () => undefined,
      setter(this: FastifyInstance, value) {
        if (this === app)
          throw new Error(
            'scopeAccess cannot be set on the root: declare access by route, or in a scope.',
          )
        Object.defineProperty(this, 'scopeAccess', { value })
      },
    })
    app.decorate('policies', policies)

    app.addHook('onRoute', function (route) {
      const { url, method, config } = route
      try {
        const access = readPolicy(config?.access ?? this.scopeAccess)
        if (!boundTokens && access !== 'public' && access.bound) {
          throw new Error('requires a bound token, and DPOP is off')
        }
        route.config = { ...config, access }
        if (config?.isFallback) return
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
