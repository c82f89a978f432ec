import { description } from './messages/description.ts'
import { messages } from './messages/messages.ts'
import type { ServerDefinition } from './server.ts'

/** What this project ships on its core. To build your own product, replace the messages. */
export const product: ServerDefinition = {
  routes: [messages],
  openapi: description,
  profileRoutes: ['/api/messages/public', '/api/messages/protected', '/api/messages/admin'],
}

export default product
