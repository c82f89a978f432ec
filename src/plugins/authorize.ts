import fp from 'fastify-plugin'
import type { Organizations } from '../access/organizations.ts'
import { denialOf, permissionsOf } from '../access/policy.ts'

export interface AuthorizeOptions {
  readonly organizations: Organizations
}

/** Allows a principal what the route's declared policy allows. */
export const authorize = fp<AuthorizeOptions>(
  async (app, { organizations }) => {
    app.addHook('preHandler', (request, reply, done) => {
      const { access = {} } = request.routeOptions.config
      if (access === 'public') return done()
      // Reading the host takes time, and it matters only where subdomains are organizations.
      const host = organizations.domain === undefined ? '' : request.hostname
      const denial = denialOf(request.principal, access, organizations, host)
      if (denial === undefined) return done()
      reply.reject(denial, permissionsOf(access))
    })
  },
  { name: 'authorize', dependencies: ['authenticate'] },
)
