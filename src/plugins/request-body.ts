import type { IncomingMessage } from 'node:http'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import fp from 'fastify-plugin'
import { StatusError } from '../http/http-error.ts'

/** The largest body of a request, unless a route sets its own `bodyLimit`. */
export const MAX_BODY_BYTES = 64 * 1024

/**
 * Bodies are JSON and validated strictly: no value is coerced, no member is dropped, no default is
 * added. Parameters and the query string are text, so their values are coerced, and unknown ones are
 * dropped where the schema allows no others.
 */
export const requestBody = fp(
  async (app) => {
    const strict = new Ajv({ allErrors: true })
    const coercing = new Ajv({ coerceTypes: 'array', removeAdditional: true, useDefaults: true })
    for (const ajv of [strict, coercing]) ajvFormats.default(ajv)
    app.setValidatorCompiler(({ schema, httpPart }) =>
      (httpPart === 'body' ? strict : coercing).compile(schema),
    )

    // A route without a JSON schema has no use for text either (415).
    app.removeContentTypeParser('text/plain')
    const parseJson = app.getDefaultJsonParser('error', 'error')
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      if (body === '' && request.routeOptions.schema?.body === undefined) done(null)
      else if (body === '') done(new StatusError(400, {}, 'body_empty'))
      else parseJson(request, body as string, done)
    })
  },
  { name: 'request-body', dependencies: ['errors'] },
)

/**
 * Asks for the body of a request with `Expect: 100-continue` (RFC 9110 §10.1.1) only once the request
 * is authorized, so that a rejected client uploads nothing. A response that is sent before the body
 * was read ends the connection (RFC 9112 §9.6): what follows is the rest of a body, not a request.
 */
export const unreadBody = fp(
  async (app) => {
    app.addHook('onRequest', ({ raw }, reply, done) => {
      if (hasBody(raw)) reply.header('connection', 'close')
      done()
    })
    // Without a listener, Node sends 100 before any hook runs.
    app.server.on('checkContinue', (request, response) => {
      app.server.emit('request', request, response)
    })
    app.addHook('preParsing', ({ raw }, reply, _payload, done) => {
      if (raw.headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue()
      done()
    })
    app.addHook('preValidation', ({ raw }, reply, done) => {
      if (raw.complete && !app.draining && hasBody(raw)) reply.removeHeader('connection')
      done()
    })
  },
  { name: 'unread-body', dependencies: ['drain', 'security-headers'] },
)

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}
