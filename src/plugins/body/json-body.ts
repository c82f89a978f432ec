import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import { StatusError } from '../../http/http-error.ts'

/** A validator calls itself for each level where a schema refers to itself, and the stack is finite. */
const MAX_DEPTH = 100

/**
 * The parser of JSON bodies. An empty body is accepted where the route describes none. Errors are 400:
 * bad JSON, a member `__proto__` or `constructor.prototype`, and more than 100 levels.
 */
export function jsonBody(app: FastifyInstance): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, body, done) => {
    if (body === '') {
      const isDue = request.routeOptions.schema?.body !== undefined
      return done(isDue ? new StatusError(400, {}, 'body_empty') : null)
    }
    parse(request, body, (error, value) => {
      if (error === null && isTooDeep(value)) done(new StatusError(400, {}, 'body_too_deep'))
      else done(error, value)
    })
  }
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === MAX_DEPTH) return true
  return Object.values(value).some((item) => isTooDeep(item, depth + 1))
}
