import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RefusedError } from '../access/refused-error.ts'
import type { AccessTokenVerifier } from '../tokens/access-token.ts'
import { bearerToken } from '../tokens/bearer.ts'
import { TokenError } from '../tokens/errors.ts'
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
      const digest = verifier.digestOf(token)
      request.principal = verifier.remembered(digest) ?? null
      if (request.principal !== null) return done()
      verifyAnew(request, token, digest).then(
        () => done(),
        (thrown) => done(errorOf(thrown)),
      )
    })

    /** What has been good before goes on being let in; all else may have failed too often. */
    async function verifyAnew(request: FastifyRequest, token: string, digest: string) {
      await app.authFailures.check(request)
      try {
        request.principal = await verifier.verify(token, digest)
      } catch (error) {
        if (error instanceof TokenError) await app.authFailures.count(request)
        throw error
      }
    }
  },
  { name: 'authenticate', dependencies: ['declared-access', 'not-found', 'rate-limit'] },
)

/** To the hook, nothing thrown would mean that nothing went wrong. */
function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`No error was thrown, but ${typeof thrown}.`)
}
