import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { fieldValues } from '../http/header-fields.ts'
import type { AccessTokenVerifier } from '../tokens/access-token.ts'
import { bearerToken } from '../tokens/bearer.ts'
import type { Principal } from '../tokens/principal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the verified access token speaks for; null where the route's policy needs none. */
    principal: Principal | null
  }
}

export interface AuthenticateOptions {
  readonly verifier: AccessTokenVerifier
}

/** Turns the bearer token of a request for a protected route into `request.principal`. */
export const authenticate = fp<AuthenticateOptions>(
  async (app, { verifier }) => {
    app.decorateRequest('principal', null)

    app.addHook('onRequest', (request, reply, done) => {
      const { access = {} } = request.routeOptions.config
      if (access === 'public') return done()
      const { value: token, code } = bearerToken(fieldValues(request.raw, 'authorization'))
      if (code === 'credentials_missing' && access.optional) return done()
      if (code !== undefined) return reply.reject(code)

      const digest = verifier.digestOf(token)
      const cached = verifier.cached(digest)
      if (cached === undefined) return authenticateNew(request, reply, token, digest)
      request.principal = cached
      done()
    })

    /** Only tokens that are not cached get here: the limit of failures does not affect cached ones. */
    async function authenticateNew(
      request: FastifyRequest,
      reply: FastifyReply,
      token: string,
      digest: string,
    ): Promise<unknown> {
      const verify = () => verifier.verify(token, digest)
      const { value: principal, code } = await app.limitAuthFailures(request, verify)
      if (code !== undefined) return reply.reject(code)
      request.principal = principal
      return undefined
    }
  },
  {
    name: 'authenticate',
    dependencies: ['declared-access', 'errors', 'not-found', 'failed-authentications'],
  },
)
