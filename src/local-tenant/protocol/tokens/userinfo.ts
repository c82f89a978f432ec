import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fieldValues } from '../../../http/header-fields.ts'
import { bearerToken, dpopToken } from '../../../tokens/bearer.ts'
import type { AccessToken, Grants } from './grants.ts'
import { profileClaims } from './profile-claims.ts'
import { PROOF_ALGORITHMS, type Proofs } from './proofs.ts'

export interface UserinfoOptions {
  readonly grants: Grants
  readonly proofs: Proofs
}

/**
 * `/userinfo` (OpenID Connect Core §5.3). Requires an access token with the scope `openid`, and a proof if
 * the token is bound to a key.
 */
export async function userinfo(
  app: FastifyInstance,
  { grants, proofs }: UserinfoOptions,
): Promise<void> {
  app.route({
    method: ['GET', 'POST'],
    url: '/userinfo',
    handler: async (request, reply) => {
      const fields = fieldValues(request.raw, 'authorization')
      const { value: bound } = dpopToken(fields)
      const token = bound ?? bearerToken(fields).value ?? ''
      const accessToken = grants.accessToken(token)
      const error = await errorOf(request, accessToken, token, bound !== undefined)
      if (accessToken === undefined || error !== undefined) {
        reply.header('www-authenticate', challenge(bound !== undefined, error))
        return reply.code(401).send({ error })
      }
      return profileClaims(accessToken.grant.persona, accessToken.scope)
    },
  })

  async function errorOf(
    request: FastifyRequest,
    accessToken: AccessToken | undefined,
    token: string,
    isDpop: boolean,
  ) {
    if (!accessToken?.scope.includes('openid')) return 'invalid_token'
    const { thumbprint } = accessToken
    if (isDpop !== (thumbprint !== undefined)) return 'invalid_token'
    return thumbprint && proofs.checkUse(request, token, thumbprint)
  }
}

/** Both schemes, with the error in the one that the request used (RFC 9449 §7.1). */
function challenge(isDpop: boolean, error: string | undefined): string {
  const algorithms = `algs="${PROOF_ALGORITHMS.join(' ')}"`
  return isDpop
    ? `Bearer realm="userinfo", DPoP error="${error}", ${algorithms}`
    : `Bearer realm="userinfo", error="${error}", DPoP ${algorithms}`
}
