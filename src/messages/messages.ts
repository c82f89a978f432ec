import { defineRoutes } from '../define-routes.ts'
import { messageSchema } from '../http/message-schema.ts'

const PUBLIC = "The API doesn't require an access token to share this message."
const PROTECTED = 'The API successfully validated your access token.'
const ADMIN = 'The API successfully recognized you as an admin.'

/** The messages: one for everyone, one for clients with a valid access token, one for admins. */
export const messages = defineRoutes(async (app) => {
  app.get(
    '/api/messages/public',
    {
      schema: {
        operationId: 'getPublicMessage',
        tags: ['Messages'],
        summary: 'The public message',
        description: 'Needs no access token. A token that is sent is ignored.',
        response: { 200: response(PUBLIC) },
      },
      config: { access: 'public' },
    },
    () => ({ message: PUBLIC }),
  )

  app.get(
    '/api/messages/protected',
    {
      schema: {
        operationId: 'getProtectedMessage',
        tags: ['Messages'],
        summary: 'The message for logged-in users',
        description: 'Needs a valid access token.',
        response: { 200: response(PROTECTED) },
      },
      config: { access: {} },
    },
    () => ({ message: PROTECTED }),
  )

  app.get(
    '/api/messages/admin',
    {
      schema: {
        operationId: 'getAdminMessage',
        tags: ['Messages'],
        summary: 'The message for admins',
        description:
          'Needs a valid access token whose `permissions` claim contains `read:admin-messages`. The tenant adds it if RBAC and "Add Permissions in the Access Token" are switched on for the API, and the user has a role with that permission.',
        response: { 200: response(ADMIN) },
      },
      config: { access: { permissions: ['read:admin-messages'] } },
    },
    () => ({ message: ADMIN }),
  )
})

function response(message: string) {
  return { ...messageSchema, description: 'The message.', examples: [{ message }] } as const
}
