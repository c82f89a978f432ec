import type { FastifyInstance } from 'fastify'
import type { Room } from '../context.ts'
import { sameOriginOnly } from './same-origin.ts'

/**
 * Hands a signed-in page of this origin its access token, for calls to the API. The refresh token
 * stays here, and so does whoever cannot show the page's token against forged requests.
 */
export async function sessionToken(app: FastifyInstance, { config, expected }: Room) {
  const guards = { onRequest: sameOriginOnly(config.baseUrl), preHandler: app.csrfProtection }

  app.post('/session/token', guards, async (request) => {
    const { tokens } = await request.freshLogin()
    const lifetime = Math.floor((tokens.expiresAt - expected.now()) / 1000)
    return { access_token: tokens.accessToken, token_type: 'Bearer', expires_in: lifetime }
  })
}
