import { errorCodes, type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Challenge, RejectionCode, TokenScheme } from '../access/challenge.ts'
import { Challenges, type ChallengesOptions } from '../access/challenges.ts'
import { COMMON_HEADERS } from '../http/common-headers.ts'
import type { ErrorFormat } from '../http/error-format.ts'
import { type ErrorDetail, HttpError, StatusError, statusOf } from '../http/http-error.ts'
import { fieldErrors, InvalidRequestError } from '../http/validation.ts'
import { ReplayStoreError } from '../tokens/dpop/errors.ts'
import { UnverifiableError } from '../tokens/errors.ts'
import { type Schema, withLowerCaseNames } from './body/validators.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What was thrown while the request was handled, for the log. */
    failure: unknown
    /** Why the server did not serve the request, for log and metrics: a code from a fixed set. */
    refusal: string | undefined
    /** The name of the policy's check that did not allow the request, for the log. */
    failedCheck: string | undefined
    /** The scheme of the access token, for the challenge; Bearer if there is none. */
    tokenScheme: TokenScheme
  }
  interface FastifyReply {
    /** Answers 400, 401 or 403 with the challenge of a rejection (RFC 6750 §3). */
    reject(code: RejectionCode): FastifyReply
  }
}

export interface ErrorsOptions extends ChallengesOptions {
  readonly format: ErrorFormat
}

/** An error response: everything that a client learns. */
interface ErrorResponse {
  readonly status: number
  readonly detail?: ErrorDetail
  readonly headers?: Readonly<Record<string, string>>
}

/** The messages of rejections, by status. */
export const REJECTION_MESSAGES = {
  400: 'Malformed Authorization header',
  401: 'Bad credentials',
  403: 'Permission denied',
} as const

/** The messages of rejections that have one of their own: the token is good, or there is none. */
export const SPECIAL_MESSAGES = {
  credentials_missing: 'Requires authentication',
  authentication_insufficient: 'Requires stronger authentication',
} as const

/** Renders rejections and errors. Of an unexpected error, the client learns the status alone. */
export const errors = fp<ErrorsOptions>(
  async (app, options) => {
    const { format } = options
    app.decorateRequest('failure', null)
    app.decorateRequest('refusal', undefined)
    app.decorateRequest('failedCheck', undefined)
    app.decorateRequest('tokenScheme', 'Bearer')
    const challenges = new Challenges(options)
    app.decorateReply('reject', function (this: FastifyReply, code) {
      this.request.refusal = code
      const { routeOptions, tokenScheme } = this.request
      const challenge = challenges.of(code, tokenScheme, routeOptions.config.access)
      return send(this, rejection(challenge, code), format)
    })
    app.setErrorHandler((error, request, reply) => {
      for (const name of REPRESENTATION_HEADERS) reply.removeHeader(name)
      reply.header('cache-control', COMMON_HEADERS['cache-control'])
      request.failure = error
      try {
        request.refusal = refusalOf(error)
        return send(reply, responseTo(error, request), format)
      } catch (unreadable) {
        request.failure = unreadable
        return send(reply, { status: 500 }, format)
      }
    })
  },
  { name: 'errors' },
)

/** What a route set for the response that the error replaces. Cookies stay: they are valid without it. */
const REPRESENTATION_HEADERS = [
  ...['content-encoding', 'content-language', 'content-location', 'content-range'],
  ...['content-disposition', 'etag', 'last-modified', 'expires', 'accept-ranges', 'location'],
]

function send(
  reply: FastifyReply,
  { status, detail, headers = {} }: ErrorResponse,
  format: ErrorFormat,
): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .header('content-type', format.contentType)
    .send(format.body(status, detail))
}

/** The code of an error of ours or of Fastify's. A product's own codes are not counted. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof StatusError) return error.code
  if (error instanceof UnverifiableError || error instanceof ReplayStoreError) return error.code
  const { code } = Object(error) as { readonly code?: unknown }
  return isInvalidRequest(error) || isOfFastify(error) ? String(code) : undefined
}

function responseTo(error: unknown, request: FastifyRequest): ErrorResponse {
  if (error instanceof UnverifiableError) {
    const headers = { 'retry-after': String(error.retryAfter) }
    return { status: 503, detail: { message: 'Unable to verify credentials' }, headers }
  }
  if (error instanceof ReplayStoreError) {
    return { status: 503, headers: { 'retry-after': String(error.retryAfter) } }
  }
  if (error instanceof StatusError) return { status: error.statusCode, headers: error.headers }
  if (error instanceof HttpError) return { status: error.statusCode, detail: error.detail }
  if (isInvalidRequest(error)) return { status: 400, detail: invalidRequest(error, request) }
  return { status: statusOf(error) }
}

/** Whether the code is one of Fastify's table, and not one that looks like it. */
function isOfFastify(error: unknown): boolean {
  const { code } = Object(error) as { readonly code?: unknown }
  return (
    Object.hasOwn(errorCodes, String(code)) &&
    error instanceof errorCodes[code as keyof typeof errorCodes]
  )
}

/** Fastify sets the context of each error of a validator, whichever library made it. */
function isInvalidRequest(error: unknown): boolean {
  const { code, validationContext } = Object(error) as Partial<FastifyError>
  return code === 'FST_ERR_VALIDATION' && validationContext !== undefined
}

/** Each problem of a validator of ours. Others may repeat values of the request. */
function invalidRequest(error: unknown, request: FastifyRequest): ErrorDetail {
  const code = 'invalid_request'
  if (!(error instanceof InvalidRequestError)) return { code }
  return {
    code,
    errors: fieldErrors(error.found, schemaOf(error, request), request.server.getSchemas()),
  }
}

function schemaOf({ validationContext }: InvalidRequestError, request: FastifyRequest): unknown {
  const part = request.routeOptions.schema?.[validationContext]
  const { content } = Object(part) as { readonly content?: Record<string, { schema: unknown }> }
  if (validationContext === 'headers') return withLowerCaseNames(part as object as Schema)
  return content === undefined ? part : content[String(request.mediaType)]?.schema
}

function rejection({ status, value }: Challenge, code: RejectionCode): ErrorResponse {
  const message = Object.hasOwn(SPECIAL_MESSAGES, code)
    ? SPECIAL_MESSAGES[code as keyof typeof SPECIAL_MESSAGES]
    : REJECTION_MESSAGES[status]
  return { status, detail: { message }, headers: { 'www-authenticate': value } }
}
