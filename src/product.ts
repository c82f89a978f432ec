import { description } from './messages/description.ts'
import { messages } from './messages/messages.ts'
import { defineServer } from './server.ts'

/** What this project ships on its core. To build your own product, replace the messages. */
export default defineServer({
  routes: [messages],
  openapi: description,
  // #region browser-login
  profileRoutes: ['/api/messages/public', '/api/messages/protected', '/api/messages/admin'],
  // #endregion browser-login
})
