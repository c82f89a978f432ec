/** As in the README of get-jwks, with fast-jwt's cache of verified tokens. */
import jwt from '@fastify/jwt'
import fastify from 'fastify'
import buildGetJwks from 'get-jwks'
import { AUDIENCE, addMessages, ISSUER, listen } from './fastify-messages.js'

const getJwks = buildGetJwks({ issuersWhitelist: [ISSUER] })
const app = fastify({ logger: true })
await app.register(jwt, {
  decode: { complete: true },
  // Its default of 1,000 would be just too small for the load of 1,000 live tokens.
  verify: { algorithms: ['RS256'], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: 100_000 },
  secret: (_request, { header: { kid, alg }, payload: { iss } }) =>
    getJwks.getPublicKey({ kid, domain: iss, alg }),
})
addMessages(app, (request) => request.jwtVerify())
await listen(app)
