import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hasBody } from '../http/header-fields.ts'
import { handlesNoMore } from '../http/linger.ts'
import { assertDefined } from '../utils/assert-defined.ts'
import { jsonBody } from './body/json-body.ts'

/** The largest body of a request, unless a route sets its own `bodyLimit`. */
export const MAX_BODY_BYTES = 64 * 1024

/** Bodies are JSON. Any other media type is 415, text included. */
export const requestBody = fp(
  async (app) => {
    app.removeContentTypeParser('text/plain')
    app.addContentTypeParser('application/json', { parseAs: 'string' }, jsonBody(app))
  },
  { name: 'request-body', dependencies: ['errors'] },
)

/**
 * Nothing of a body is read before the request is authorized, so that a rejected client uploads
 * nothing: reading from the connection pauses, and a request with `Expect: 100-continue` (RFC 9110
 * §10.1.1) gets its 100 only then. A response that is sent before the body was read ends the
 * connection (RFC 9112 §9.6), and no later request on it is handled.
 */
export const unreadBody = fp(
  async (app) => {
    /** What waits for a body on a connection: the requests that the client sent after it. */
    const waiting = new WeakMap<Socket, (() => void)[]>()
    const undecided = new WeakSet<IncomingMessage>()
    /** Whether the client wants to keep the connection, of requests with a body. */
    const keepsAlive = new WeakMap<IncomingMessage, boolean>()

    app.addHook('onRequest', (request, reply, done) => {
      // A request that waits is handled, also if one after it ends the connection.
      if (!handlesNoMore(request.raw.socket)) begin(request, reply, done)
    })
    function begin({ raw }: FastifyRequest, reply: FastifyReply, done: () => void): void {
      const { socket } = raw
      const others = waiting.get(socket)
      if (others !== undefined) return void others.push(() => begin(reply.request, reply, done))
      if (hasBody(raw)) {
        waiting.set(socket, [])
        // Node sends `Connection: close` then. To set the header and remove it again is slow.
        keepsAlive.set(raw, reply.raw.shouldKeepAlive && raw.headers.upgrade === undefined)
        reply.raw.shouldKeepAlive = false
        undecided.add(raw)
        process.nextTick(pauseIfUndecided, raw)
      }
      done()
    }
    /** Most requests are decided at once, which needs no pause. */
    function pauseIfUndecided(raw: IncomingMessage): void {
      // There is no connection under `app.inject`.
      if (!raw.complete && undecided.has(raw)) raw.socket.pause?.()
    }
    // Without a listener, Node sends 100 before any hook runs.
    app.server.on('checkContinue', (request, response) => {
      app.server.emit('request', request, response)
    })
    app.addHook('preParsing', ({ raw, routeOptions }, reply, _payload, done) => {
      undecided.delete(raw)
      const { expect, 'content-length': length } = raw.headers
      const isWanted = Number(length ?? 0) <= Number(routeOptions.bodyLimit)
      if (expect?.toLowerCase() === '100-continue' && isWanted) reply.raw.writeContinue()
      done()
    })
    app.addHook('preValidation', ({ raw }, reply, done) => {
      if (raw.complete && !app.draining && hasBody(raw)) {
        reply.raw.shouldKeepAlive = assertDefined(keepsAlive.get(raw), 'keep-alive')
        const others = assertDefined(waiting.get(raw.socket), 'waiting requests')
        waiting.delete(raw.socket)
        for (const next of others) next()
      }
      done()
    })
  },
  { name: 'unread-body', dependencies: ['drain', 'security-headers'] },
)
