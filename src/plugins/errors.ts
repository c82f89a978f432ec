import { STATUS_CODES } from 'node:http'
import type { FastifyError } from 'fastify'
import fp from 'fastify-plugin'
import { challengeOf, type RefusalCode } from '../access/challenge.ts'
import { RefusedError } from '../access/refused-error.ts'
import { KeysUnavailableError, TokenError } from '../tokens/errors.ts'
import { assertDefined } from '../utils/assert-defined.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What was thrown while the request was handled, for the log. */
    failure: unknown
  }
}

/** An answer that is no success: all that a client gets to know. */
export interface ErrorAnswer {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Ends a request with a status whose message is its standard reason phrase (RFC 9110 §15). */
export class StatusError extends Error {
  override readonly name = 'StatusError'

  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  /** Why, for the log, where the status alone does not say. */
  readonly code: string | undefined

  constructor(statusCode: number, headers: Readonly<Record<string, string>> = {}, code?: string) {
    super(reasonOf(statusCode))
    this.statusCode = statusCode
    this.headers = headers
    this.code = code
  }
}

export const ERROR_CONTENT_TYPE = 'application/json; charset=utf-8'

const REFUSAL_MESSAGES = {
  400: 'Malformed Authorization header',
  401: 'Bad credentials',
  403: 'Permission denied',
} as const

/** The body of every answer that is no success. */
export function errorBody(message: string): string {
  return JSON.stringify({ message })
}

/** The standard reason phrase of a status. */
export function reasonOf(status: number): string {
  return assertDefined(STATUS_CODES[status], 'reason phrase')
}

/** Renders whatever was thrown: nothing of an error but its kind reaches the client. */
export const errors = fp(
  async (app) => {
    app.decorateRequest('failure', null)
    app.setErrorHandler((error, request, reply) => {
      request.failure = error
      const { status, message, headers = {} } = answerTo(error)
      return reply
        .code(status)
        .headers(headers)
        .header('content-type', ERROR_CONTENT_TYPE)
        .send(errorBody(message))
    })
  },
  { name: 'errors' },
)

function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof TokenError) return refusal(error.code)
  if (error instanceof RefusedError) return refusal(error.code, error.permissions)
  if (error instanceof KeysUnavailableError) {
    const headers = { 'retry-after': String(error.retryAfter) }
    return { status: 503, message: 'Unable to verify credentials', headers }
  }
  if (error instanceof StatusError) {
    return { status: error.statusCode, message: error.message, headers: error.headers }
  }
  // Anything can be thrown: null as well.
  const { statusCode = 500 } = Object(error) as Partial<FastifyError>
  const known = statusCode >= 400 && statusCode < 500 && statusCode in STATUS_CODES
  const status = known ? statusCode : 500
  return { status, message: reasonOf(status) }
}

function refusal(code: RefusalCode, permissions: readonly string[] = []): ErrorAnswer {
  const { status, value } = challengeOf(code, permissions)
  const message =
    code === 'credentials_missing' ? 'Requires authentication' : REFUSAL_MESSAGES[status]
  return { status, message, headers: { 'www-authenticate': value } }
}
