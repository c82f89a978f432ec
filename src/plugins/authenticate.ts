import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { clientAddress } from '../http/client-address.ts'
import { fieldValues } from '../http/header-fields.ts'
import type { TokenVerifier } from '../tokens/access-token.ts'
import { bearerToken, dpopToken } from '../tokens/bearer.ts'
import type { ProofVerifier } from '../tokens/dpop/proof-verifier.ts'
import type { Principal } from '../tokens/principal.ts'
import { reportOperation } from '../utils/operation.ts'
import { verifyBinding } from './dpop/bound-tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the verified access token speaks for; null where the route's policy needs none. */
    principal: Principal | null
  }
}

export interface AuthenticateOptions {
  readonly verifier: TokenVerifier
  /** Whether only bound tokens are accepted. */
  readonly boundTokenRequired: boolean
  /** The URL at which clients reach the server; undefined to take it from each request. */
  readonly publicUrl: string | undefined
}

/** Turns the access token of a request for a protected route into `request.principal`. */
export const authenticate = fp<AuthenticateOptions>(
  async (app, { verifier, boundTokenRequired, publicUrl }) => {
    const { proofs } = app
    app.decorateRequest('principal', null)

    app.addHook('onRequest', (request, reply, done) => {
      const { access = {} } = request.routeOptions.config
      if (access === 'public') return done()
      const fields = fieldValues(request.raw, 'authorization')
      const { value: token, code } = bearerToken(fields)
      if (code === 'credentials_missing') {
        const bound = dpopToken(fields)
        if (proofs !== undefined && bound.code !== 'credentials_missing') {
          request.tokenScheme = 'DPoP'
          if (bound.code !== undefined) return reply.reject('dpop_authorization_malformed')
          return authenticateBound(request, reply, bound.value, proofs)
        }
        if (access.optional) return done()
      }
      if (code !== undefined) return reply.reject(code)
      if (boundTokenRequired || access.bound) return reply.reject('bound_token_required')

      const digest = verifier.digestOf(token)
      const cached = verifier.cached(digest)
      if (cached === undefined) return authenticateNew(request, reply, token, digest)
      if (cached.confirmation !== undefined) return reply.reject('token_needs_dpop')
      request.principal = cached
      done()
    })

    /** Verifies a token that is not cached: the limit of failures does not affect cached ones. */
    function verify(request: FastifyRequest, token: string, digest: string) {
      const operation = { name: 'verify access token', isRemote: false, attributes: {} }
      const client = () => clientAddress(request.ip)
      return app.limitAuthFailures(request, () =>
        reportOperation(operation, () => verifier.verify(token, digest, client)),
      )
    }

    async function authenticateNew(
      request: FastifyRequest,
      reply: FastifyReply,
      token: string,
      digest: string,
    ): Promise<unknown> {
      const { value: principal, code } = await verify(request, token, digest)
      if (code !== undefined) return reply.reject(code)
      if (principal.confirmation !== undefined) return reply.reject('token_needs_dpop')
      request.principal = principal
      return undefined
    }

    /** The token may be cached; its proof never is. */
    async function authenticateBound(
      request: FastifyRequest,
      reply: FastifyReply,
      token: string,
      proofs: ProofVerifier,
    ): Promise<unknown> {
      const digest = verifier.digestOf(token)
      const cached = verifier.cached(digest)
      const { value: principal, code } =
        cached === undefined ? await verify(request, token, digest) : { value: cached }
      if (code !== undefined) return reply.reject(code)
      const failure = await verifyBinding(request, reply, principal, digest, proofs, publicUrl)
      if (failure !== undefined) return reply.reject(failure)
      request.principal = principal
      return undefined
    }
  },
  {
    name: 'authenticate',
    dependencies: ['declared-access', 'errors', 'not-found', 'failed-authentications', 'proofs'],
  },
)
