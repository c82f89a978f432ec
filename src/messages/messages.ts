import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { messageSchema } from '../plugins/message-schema.ts'

const schema = { response: { 200: messageSchema } }

/** The messages: one for everyone, one for clients with a valid access token, one for admins. */
export const messages = fp(
  async (app: FastifyInstance) => {
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
  },
  { name: 'messages', dependencies: ['declared-access', 'authorize'], encapsulate: true },
)
