import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import { RefusedError } from '../access/refused-error.ts'
import type { AccessTokenVerifier } from '../tokens/access-token.ts'
import { bearerToken } from '../tokens/bearer.ts'
import { TokenError } from '../tokens/errors.ts'
import type { Principal } from '../tokens/principal.ts'
import { fieldValues } from './header-fields.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the verified access token speaks for; null on public routes, which look at none. */
    principal: Principal | null
  }
}

export interface AuthenticateOptions {
  readonly verifier: AccessTokenVerifier
}

/** An `Authorization` value with a token that was remembered, taken apart. */
interface Admitted {
  readonly value: string
  readonly token: string
  readonly problem?: undefined
  readonly digest: string
}

/** Turns the bearer token of a request for a protected route into `request.principal`. */
export const authenticate = fp<AuthenticateOptions>(
  async (app, { verifier }) => {
    app.decorateRequest('principal', null)

    /** What each open connection was let in with last: most say the same again, word for word. */
    const admitted = new WeakMap<Socket, Admitted>()

    app.addHook('onRequest', (request, _reply, done) => {
      if (request.routeOptions.config.access === 'public') return done()
      const { socket } = request.raw
      const fields = fieldValues(request.raw, 'authorization')
      const [value = ''] = fields
      const last = fields.length === 1 ? admitted.get(socket) : undefined
      const known = last?.value === value ? last : undefined
      const { token, problem } = known ?? bearerToken(fields)
      if (problem !== undefined) return done(new RefusedError(problem))
      const digest = known?.digest ?? verifier.digestOf(token)
      request.principal = verifier.remembered(digest) ?? null
      if (request.principal !== null) {
        if (known === undefined) admitted.set(socket, { value, token, digest })
        return done()
      }
      // What has been good before goes on being let in; all else may have failed too often.
      const verdict = app.authFailures.bound(request, () => verifier.verify(token, digest))
      if (verdict instanceof TokenError) return done(verdict)
      verdict.then(
        (principal) => {
          request.principal = principal
          done()
        },
        (thrown) => done(errorOf(thrown)),
      )
    })
  },
  { name: 'authenticate', dependencies: ['declared-access', 'not-found', 'rate-limit'] },
)

/** To the hook, nothing thrown would mean that nothing went wrong. */
function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`No error was thrown, but ${typeof thrown}.`)
}
