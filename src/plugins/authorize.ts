import fp from 'fastify-plugin'
import type { Organizations } from '../access/organizations.ts'
import { decide, permissionsOf } from '../access/policy.ts'
import { RefusedError } from '../access/refused-error.ts'

export interface AuthorizeOptions {
  readonly organizations: Organizations
}

/** Lets a principal in where the route's declared policy does. */
export const authorize = fp<AuthorizeOptions>(
  async (app, { organizations }) => {
    app.addHook('preHandler', (request, _reply, done) => {
      const { access = {} } = request.routeOptions.config
      if (access === 'public') return done()
      // Reading the host takes time, and it matters only where subdomains stand for organizations.
      const host = organizations.domain === undefined ? '' : request.hostname
      const decision = decide(request.principal, access, organizations, host)
      done(decision.allowed ? undefined : new RefusedError(decision.code, permissionsOf(access)))
    })
  },
  { name: 'authorize', dependencies: ['authenticate'] },
)
