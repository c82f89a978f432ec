import type { Socket } from 'node:net'
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

    /** What each open connection was let in with last: most say the same again. */
    const admitted = new WeakMap<Socket, { readonly value: string; readonly digest: string }>()

    app.addHook('onRequest', (request, _reply, done) => {
      if (request.routeOptions.config.access === 'public') return done()
      const { socket } = request.raw
      const fields = fieldValues(request.raw, 'authorization')
      const [value = ''] = fields
      const last = admitted.get(socket)
      let digest = last?.value === value ? last.digest : verifier.digestOf(value)
      // Asked before the header is taken apart: what was accepted once is known by the same words.
      if (fields.length === 1) request.principal = verifier.remembered(digest) ?? null
      if (request.principal !== null) {
        if (last?.value !== value) admitted.set(socket, { value, digest })
        return done()
      }
      const { token, problem } = bearerToken(fields)
      if (problem !== undefined) return done(new RefusedError(problem))
      // However it is spelled, a token is remembered in one place: under the usual spelling.
      const usual = `Bearer ${token}`
      if (value !== usual) {
        digest = verifier.digestOf(usual)
        request.principal = verifier.remembered(digest) ?? null
        if (request.principal !== null) return done()
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
