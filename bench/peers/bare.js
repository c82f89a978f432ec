/** The upper bound: the routes on Fastify, and nothing else. */
import fastify from 'fastify'
import { addMessages, listen } from './fastify-messages.js'

const app = fastify()
addMessages(app, async () => {})
await listen(app)
