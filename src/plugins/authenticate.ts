import fp from 'fastify-plugin'
import { RefusedError } from '../access/refused-error.ts'
import type { AccessTokenVerifier } from '../tokens/access-token.ts'
import { bearerToken } from '../tokens/bearer.ts'
import type { Principal } from '../tokens/principal.ts'
import { fieldValues } from './raw-headers.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the verified access token speaks for; null on public routes, which look at none. */
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

    app.addHook('onRequest', (request, _reply, done) => {
      if (request.routeOptions.config.access === 'public') return done()
      const { token, problem } = bearerToken(fieldValues(request.raw, 'authorization'))
      if (problem !== undefined) return done(new RefusedError(problem))
      verifier.verify(token).then((principal) => {
        request.principal = principal
        done()
      }, done)
    })
  },
  { name: 'authenticate', dependencies: ['declared-access', 'not-found'] },
)
