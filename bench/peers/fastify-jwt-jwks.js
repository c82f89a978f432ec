/** As in the package's README: keys are cached for a week, verified tokens are not cached. */
import fastify from 'fastify'
import jwtJwks from 'fastify-jwt-jwks'
import { AUDIENCE, addMessages, ISSUER, JWKS_URI, listen } from './fastify-messages.js'

const app = fastify({ logger: true })
await app.register(jwtJwks, { jwksUrl: JWKS_URI, audience: AUDIENCE, issuer: ISSUER })
addMessages(app, app.authenticate)
await listen(app)
