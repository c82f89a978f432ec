import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { challengeOf, type RejectionCode } from '../access/challenge.ts'
import type { ErrorFormat } from '../http/error-format.ts'
import { type ErrorDetail, HttpError, StatusError } from '../http/http-error.ts'
import { fieldErrors } from '../http/validation.ts'
import { KeysUnavailableError } from '../tokens/errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What was thrown while the request was handled, for the log. */
    failure: unknown
    /** Why the server did not serve the request, for log and metrics: a code from a fixed set. */
    refusal: string | undefined
    /** The name of the policy's check that did not allow the request, for the log. */
    failedCheck: string | undefined
  }
  interface FastifyReply {
    /**
     * Answers 400, 401 or 403 with the challenge of a rejection (RFC 6750 §3).
     *
     * @param scope everything that the route requires, for the challenge
     */
    reject(code: RejectionCode, scope?: readonly string[]): FastifyReply
  }
}

export interface ErrorsOptions {
  readonly format: ErrorFormat
}

/** An error response: everything that a client learns. */
interface ErrorResponse {
  readonly status: number
  readonly detail?: ErrorDetail
  readonly headers?: Readonly<Record<string, string>>
}

/** The messages of rejections, by status; without credentials it is another one. */
export const REJECTION_MESSAGES = {
  400: 'Malformed Authorization header',
  401: 'Bad credentials',
  403: 'Permission denied',
} as const

/** Renders rejections and errors. Of an unexpected error, the client learns the status alone. */
export const errors = fp<ErrorsOptions>(
  async (app, { format }) => {
    app.decorateRequest('failure', null)
    app.decorateRequest('refusal', undefined)
    app.decorateRequest('failedCheck', undefined)
    app.decorateReply('reject', function (this: FastifyReply, code, scope) {
      this.request.refusal = code
      return send(this, rejection(code, scope), format)
    })
    app.setErrorHandler((error, request, reply) => {
      request.failure = error
      request.refusal = refusalOf(error)
      return send(reply, responseTo(error, request), format)
    })
  },
  { name: 'errors' },
)

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
  const { code } = Object(error) as { code?: unknown }
  const isOurs = error instanceof StatusError || error instanceof KeysUnavailableError
  return isOurs || /^FST_ERR_/.test(String(code)) ? (code as string | undefined) : undefined
}

function responseTo(error: unknown, request: FastifyRequest): ErrorResponse {
  if (error instanceof KeysUnavailableError) {
    const headers = { 'retry-after': String(error.retryAfter) }
    return { status: 503, detail: { message: 'Unable to verify credentials' }, headers }
  }
  if (error instanceof StatusError) return { status: error.statusCode, headers: error.headers }
  if (error instanceof HttpError) return { status: error.statusCode, detail: error.detail }
  // Anything can be thrown, null included.
  const { statusCode = 500, validation, validationContext } = Object(error) as Partial<FastifyError>
  if (validation !== undefined) {
    const schema = request.routeOptions.schema?.[validationContext as 'body']
    return {
      status: 400,
      detail: { code: 'invalid_request', errors: fieldErrors(validation, schema) },
    }
  }
  const isClientError = statusCode >= 400 && statusCode < 500 && statusCode in STATUS_CODES
  return { status: isClientError ? statusCode : 500 }
}

function rejection(code: RejectionCode, scope?: readonly string[]): ErrorResponse {
  const { status, value } = challengeOf(code, scope)
  const message =
    code === 'credentials_missing' ? 'Requires authentication' : REJECTION_MESSAGES[status]
  return { status, detail: { message }, headers: { 'www-authenticate': value } }
}
