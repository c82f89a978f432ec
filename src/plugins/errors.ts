import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { challengeOf, type RejectionCode } from '../access/challenge.ts'
import { KeysUnavailableError } from '../tokens/errors.ts'
import { assertDefined } from '../utils/assert-defined.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What was thrown while the request was handled, or why it was rejected, for the log. */
    failure: unknown
  }
  interface FastifyReply {
    /**
     * Answers 400, 401 or 403 with the challenge of a rejection (RFC 6750 §3).
     *
     * @param permissions all permissions that the route requires
     */
    reject(code: RejectionCode, permissions?: readonly string[]): FastifyReply
  }
}

/** An error response: everything that a client gets to know. */
interface ErrorResponse {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Ends a request with a status whose message is its standard reason phrase (RFC 9110 §15). */
export class StatusError extends Error {
  override readonly name = 'StatusError'

  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  /** The reason, for the log, where the status alone does not state it. */
  readonly code: string | undefined

  constructor(statusCode: number, headers: Readonly<Record<string, string>> = {}, code?: string) {
    super(reasonOf(statusCode))
    this.statusCode = statusCode
    this.headers = headers
    this.code = code
  }
}

export const ERROR_CONTENT_TYPE = 'application/json; charset=utf-8'

const REJECTION_MESSAGES = {
  400: 'Malformed Authorization header',
  401: 'Bad credentials',
  403: 'Permission denied',
} as const

/** The body of every error response. */
export function errorBody(message: string): string {
  return JSON.stringify({ message })
}

/** The standard reason phrase of a status. */
export function reasonOf(status: number): string {
  return assertDefined(STATUS_CODES[status], 'reason phrase')
}

/** Renders rejections and errors. The client learns the kind of an error and nothing else of it. */
export const errors = fp(
  async (app) => {
    app.decorateRequest('failure', null)
    app.decorateReply('reject', function (this: FastifyReply, code, permissions) {
      this.request.failure = { code }
      return send(this, rejection(code, permissions))
    })
    app.setErrorHandler((error, request, reply) => {
      request.failure = error
      return send(reply, responseTo(error))
    })
  },
  { name: 'errors' },
)

function send(reply: FastifyReply, { status, message, headers = {} }: ErrorResponse): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .header('content-type', ERROR_CONTENT_TYPE)
    .send(errorBody(message))
}

function responseTo(error: unknown): ErrorResponse {
  if (error instanceof KeysUnavailableError) {
    const headers = { 'retry-after': String(error.retryAfter) }
    return { status: 503, message: 'Unable to verify credentials', headers }
  }
  if (error instanceof StatusError) {
    return { status: error.statusCode, message: error.message, headers: error.headers }
  }
  // Anything can be thrown, null included.
  const { statusCode = 500 } = Object(error) as Partial<FastifyError>
  const isKnown = statusCode >= 400 && statusCode < 500 && statusCode in STATUS_CODES
  const status = isKnown ? statusCode : 500
  return { status, message: reasonOf(status) }
}

function rejection(code: RejectionCode, permissions: readonly string[] = []): ErrorResponse {
  const { status, value } = challengeOf(code, permissions)
  const message =
    code === 'credentials_missing' ? 'Requires authentication' : REJECTION_MESSAGES[status]
  return { status, message, headers: { 'www-authenticate': value } }
}
