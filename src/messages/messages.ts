import type { FastifyInstance } from 'fastify'
import { messageSchema } from '../plugins/message-schema.ts'

const schema = { response: { 200: messageSchema } }

/** The messages: one for everybody, one for whoever is known to the tenant, one for admins. */
export async function messages(app: FastifyInstance): Promise<void> {
  app.get('/api/messages/public', { schema, config: { access: 'public' } }, () => ({
    message: "The API doesn't require an access token to share this message.",
  }))

  app.get('/api/messages/protected', { schema, config: { access: {} } }, () => ({
    message: 'The API successfully validated your access token.',
  }))

  app.get(
    '/api/messages/admin',
    { schema, config: { access: { permissions: ['read:admin-messages'] } } },
    () => ({ message: 'The API successfully recognized you as an admin.' }),
  )
}
