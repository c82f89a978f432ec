/**
 * As in the README of get-jwks, with fast-jwt's cache of verified tokens. The PEM of a key is cached
 * too, in this peer's favour: `getPublicKey` creates it again for each request, which costs more
 * than the token cache saves.
 */
import { createPublicKey } from 'node:crypto'
import jwt from '@fastify/jwt'
import fastify from 'fastify'
import buildGetJwks from 'get-jwks'
import { AUDIENCE, addMessages, ISSUER, listen } from './fastify-messages.js'

const getJwks = buildGetJwks({ issuersWhitelist: [ISSUER] })
const pems = new WeakMap()

async function publicKeyOf({ header: { kid, alg }, payload: { iss } }) {
  const key = await getJwks.getJwk({ kid, domain: iss, alg })
  if (!pems.has(key)) {
    pems.set(key, createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
  }
  return pems.get(key)
}

const app = fastify({ logger: true })
await app.register(jwt, {
  decode: { complete: true },
  // The default of 1,000 would be slightly too small for the load of 1,000 live tokens.
  verify: { algorithms: ['RS256'], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: 100_000 },
  secret: (_request, token) => publicKeyOf(token),
})
addMessages(app, (request) => request.jwtVerify())
await listen(app)
