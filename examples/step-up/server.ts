import { defineRoutes } from '../../src/define-routes.ts'
import { messageSchema } from '../../src/http/message-schema.ts'
import product from '../../src/product.ts'
import { defineServer } from '../../src/server.ts'

const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** A message for a login with a second factor, which is at most five minutes old (RFC 9470). */
const secret = defineRoutes(async (app) => {
  app.get(
    '/api/messages/secret',
    {
      schema: { summary: 'The secret message', response: { 200: messageSchema } } as const,
      config: { access: { acr: [MULTI_FACTOR], maxAge: 300 } },
    },
    () => ({ message: 'The API successfully checked your second factor.' }),
  )
})

/** The server of this repository with one more route. */
export default defineServer({ ...product, routes: [...product.routes, secret] })
