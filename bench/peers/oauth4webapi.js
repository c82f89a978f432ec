/** `validateJwtAccessToken` needs a Fetch API `Request`, so each request is converted. */
import fastify from 'fastify'
import * as oauth from 'oauth4webapi'
import { AUDIENCE, addMessages, ISSUER, listen } from './fastify-messages.js'

const issuer = new URL(ISSUER)
const insecure = { [oauth.allowInsecureRequests]: true }
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, insecure),
)

async function authenticate(request, reply) {
  const { authorization, dpop } = request.headers
  const headers = {
    ...(authorization !== undefined && { authorization }),
    ...(dpop !== undefined && { dpop }),
  }
  try {
    request.user = await oauth.validateJwtAccessToken(
      server,
      new Request(new URL(request.url, `http://${request.host}`), { headers }),
      AUDIENCE,
      insecure,
    )
  } catch {
    return reply.code(401).send({ message: 'Bad credentials' })
  }
}

const app = fastify({ logger: true })
app.decorateRequest('user', null)
addMessages(app, authenticate)
await listen(app)
