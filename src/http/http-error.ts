import { STATUS_CODES } from 'node:http'
import { assertDefined } from '../utils/assert-defined.ts'

/** One problem with a part of the request. */
export interface FieldError {
  /** Where it is: a JSON Pointer (RFC 6901) into the body, or the name of a parameter. */
  readonly path: string
  /** What is expected there, never the value that came. */
  readonly message: string
}

/** What a client learns of an error, beside its status. */
export interface ErrorDetail {
  /** The standard reason phrase of the status by default. */
  readonly message?: string
  /** A stable code for programs, such as `note_locked`. */
  readonly code?: string
  /** The problems with single parts of the request. */
  readonly errors?: readonly FieldError[]
}

/**
 * Statuses that a route can answer with. 401 is missing: authentication is decided before a route is
 * reached.
 */
export type FailStatus =
  | 400
  | 402
  | 403
  | 404
  | 409
  | 410
  | 412
  | 413
  | 422
  | 423
  | 424
  | 428
  | 429
  | 501
  | 502
  | 503
  | 504

/** Ends a request with a status that a route chose. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly statusCode: FailStatus
  readonly detail: ErrorDetail

  constructor(statusCode: FailStatus, detail: ErrorDetail) {
    super(detail.message ?? reasonOf(statusCode))
    this.statusCode = statusCode
    this.detail = detail
  }
}

/**
 * Ends the request with an error response: `{"message": …}` and, where they are given, `code` and
 * `errors`. Texts go to the client as they are, so they must not contain secrets or input.
 *
 * @example
 * const note = await notes.find(id) ?? fail(404, { code: 'note_unknown' })
 *
 * @throws HttpError
 */
export function fail(status: FailStatus, detail: ErrorDetail = {}): never {
  throw new HttpError(status, detail)
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

/** The standard reason phrase of a status. */
export function reasonOf(status: number): string {
  return assertDefined(STATUS_CODES[status], 'reason phrase')
}

/** Statuses with a challenge. Of these, the server itself answers 401, and 407 is a proxy's. */
const CHALLENGES = [401, 407]

/**
 * The status of an error of another library. It counts only if the error is made for the client of
 * this server: one of Fastify and its plugins (`FastifyError`), or of http-errors (`expose`). Others
 * have the status of a call that the server made itself, and a failure of that is a fault of ours.
 */
export function statusOf(error: unknown): number {
  // Anything can be thrown, null included.
  const { name, expose, statusCode } = Object(error) as {
    readonly name?: unknown
    readonly expose?: unknown
    readonly statusCode?: unknown
  }
  const isForClient = name === 'FastifyError' || expose === true
  const status = Number(statusCode)
  const isClientError = status >= 400 && status < 500 && status in STATUS_CODES
  return isForClient && isClientError && !CHALLENGES.includes(status) ? status : 500
}
