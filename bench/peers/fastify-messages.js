/** Shared by the peers on Fastify: the three routes, and listening. */

export const { ISSUER, JWKS_URI, AUDIENCE } = process.env

const messageRoute = (message) => ({
  schema: {
    response: { 200: { type: 'object', properties: { message: { type: 'string' } } } },
  },
  handler: async () => ({ message }),
})

/**
 * @param authenticate a hook that rejects with 401, or sets `request.user` to the claims
 */
export function addMessages(app, authenticate) {
  const permit = async (request, reply) => {
    if (request.user.permissions?.includes('read:admin-messages')) return
    return reply.code(403).send({ message: 'Permission denied' })
  }
  app.get(
    '/api/messages/public',
    messageRoute("The API doesn't require an access token to share this message."),
  )
  app.get('/api/messages/protected', {
    preValidation: authenticate,
    ...messageRoute('The API successfully validated your access token.'),
  })
  app.get('/api/messages/admin', {
    preValidation: authenticate,
    preHandler: permit,
    ...messageRoute('The API successfully recognized you as an admin.'),
  })
}

export async function listen(app) {
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  console.log(`Server listening at ${address}`)
}
