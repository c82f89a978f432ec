/** What went wrong between this program and the Management API, for programs to go by. */
export type ManagementErrorCode =
  | 'ambiguous'
  | 'conflict'
  | 'forbidden'
  | 'insufficient_scope'
  | 'invalid_client'
  | 'invalid_request'
  | 'invalid_token'
  | 'not_found'
  | 'rate_limited'
  | 'server_error'
  | 'timeout'
  | 'unreachable'

interface Details {
  /** The HTTP status, where there was an answer. */
  readonly status?: number
  /** For `insufficient_scope`: the scopes that are missing. */
  readonly scopes?: readonly string[]
  /** For `rate_limited`: when the limit resets, or `unknown`. */
  readonly resetsAt?: Date | 'unknown'
}

/** The one error of this room. Its message is the description: one line, for a person. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError'
  readonly code: ManagementErrorCode
  readonly status: number | undefined
  readonly details: Details

  constructor(code: ManagementErrorCode, description: string, details: Details = {}) {
    super(description)
    this.code = code
    this.status = details.status
    this.details = details
  }

  get description(): string {
    return this.message
  }

  toJSON(): object {
    const { code, description, details } = this
    return { code, description, ...details }
  }
}

/** What the SDK throws: an answer that is an error, or what kept it from getting one. */
interface SdkError extends Error {
  readonly statusCode?: number
  readonly body?: unknown
  readonly rawResponse?: { readonly headers: Headers }
}

/**
 * Any error as this room's own, if it comes from the Management API.
 *
 * @returns the error itself where it does not: a fault of the program stays one
 */
export function managementError(error: unknown): unknown {
  if (error instanceof ManagementError) return error
  const { cause, statusCode: status, body, rawResponse } = error as SdkError
  if (cause instanceof ManagementError) return cause
  return status === undefined ? error : errorOf(status, said(body), rawResponse?.headers)
}

const CODES: Record<number, ManagementErrorCode> = {
  401: 'invalid_token',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
}

/** What an answer of the tenant means. */
export function errorOf(
  status: number,
  message: string,
  headers: Headers | undefined,
): ManagementError {
  const [, expected] = /Insufficient scope, expected(?: any of)?: (.+)/.exec(message) ?? []
  if (status === 403 && expected !== undefined) return lacking(expected.split(/[\s,]+/), 'any of ')
  if (status === 429) return rateLimited(headers)
  const code = CODES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request')
  return new ManagementError(code, `The tenant answers ${status}: ${message}`, { status })
}

/** @param how many of the scopes are needed, in words */
export function lacking(scopes: readonly string[], how = ''): ManagementError {
  const some = scopes.length > 1 ? `${how}the scopes` : 'the scope'
  const where = 'Applications → APIs → Auth0 Management API → Machine to Machine Applications'
  const description = `The token lacks ${some} ${scopes.join(', ')}: grant it to the client (${where}).`
  return new ManagementError('insufficient_scope', description, { status: 403, scopes })
}

function rateLimited(headers: Headers | undefined): ManagementError {
  const seconds = Number(headers?.get('x-ratelimit-reset') ?? Number.NaN)
  const resetsAt = Number.isFinite(seconds) ? new Date(seconds * 1000) : 'unknown'
  const when =
    resetsAt === 'unknown'
      ? 'When it resets is unknown'
      : `It resets at ${resetsAt.toISOString()} (in ${Math.max(0, Math.ceil((resetsAt.getTime() - Date.now()) / 1000))} s)`
  const description = `The tenant's rate limit is exceeded. ${when}.`
  return new ManagementError('rate_limited', description, { status: 429, resetsAt })
}

/** What an answer says of its error, on one line of bounded length. */
export function said(body: unknown): string {
  const { message, error_description: description } = (body ?? {}) as Record<string, unknown>
  const text = [message, description, body].find((one) => typeof one === 'string') ?? 'no reason'
  return String(text)
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, 300)
}
