import type { FastifyInstance } from 'fastify'
import { fieldValues } from '../../../http/header-fields.ts'
import { bearerToken } from '../../../tokens/bearer.ts'
import type { Grants } from './grants.ts'
import { profileClaims } from './token-issuer.ts'

/** `/userinfo` (OpenID Connect Core §5.3). Requires an access token with the scope `openid`. */
export async function userinfo(app: FastifyInstance, { grants }: { grants: Grants }) {
  app.route({
    method: ['GET', 'POST'],
    url: '/userinfo',
    handler: async ({ raw }, reply) => {
      const { value: token = '' } = bearerToken(fieldValues(raw, 'authorization'))
      const accessToken = grants.accessToken(token)
      if (!accessToken?.scope.includes('openid')) {
        const challenge = 'Bearer realm="userinfo", error="invalid_token"'
        return reply
          .code(401)
          .header('www-authenticate', challenge)
          .send({ error: 'invalid_token' })
      }
      return profileClaims(accessToken.grant.persona, accessToken.scope)
    },
  })
}
