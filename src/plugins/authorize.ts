import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Organizations } from '../access/organizations.ts'
import { denialOf, type Requirements } from '../access/policy.ts'
import type { AuthenticationClock } from '../access/step-up.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the policy of the route allows the request, as far as its head tells. */
    authorized: boolean
    /** Whether the policy of the route allows the request, its check included. */
    allowed: boolean
  }
}

export interface AuthorizeOptions extends AuthenticationClock {
  readonly organizations: Organizations
}

/**
 * Allows a principal what the route's declared policy allows. Organization, permissions, scopes and the
 * login are checked with the head of the request, before its body is read. The policy's own check follows,
 * and has the parameters and the body.
 */
export const authorize = fp<AuthorizeOptions>(
  async (app, { organizations, ...clock }) => {
    app.decorateRequest('authorized', false)
    app.decorateRequest('allowed', false)

    app.addHook('onRequest', (request, reply, done) => {
      const { access = {} } = request.routeOptions.config
      if (access !== 'public') {
        // Reading the host takes time, and it matters only where subdomains are organizations.
        const host = organizations.domain === undefined ? '' : request.hostname
        const denial = denialOf(request.principal, access, organizations, host, clock)
        if (denial !== undefined) return reply.reject(denial)
      }
      request.authorized = true
      request.allowed = access === 'public' || access.check === undefined
      done()
    })

    // The gate: nothing gets past it without the decision above.
    app.addHook('preHandler', (request, reply, done) => {
      if (!request.authorized) return done(new Error('The request has no access decision'))
      const { access = {} } = request.routeOptions.config
      if (access === 'public' || access.check === undefined) return done()
      return runCheck(access.check, request, reply)
    })
  },
  { name: 'authorize', dependencies: ['authenticate'] },
)

/** Runs the check that a policy names. Only `true` allows the request. */
async function runCheck(
  check: NonNullable<Requirements['check']>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { principal } = request
  request.allowed = principal !== null && (await check(principal, request)) === true
  if (request.allowed) return undefined
  request.failedCheck = check.name
  return reply.reject('check_failed')
}
