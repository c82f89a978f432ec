import { visibleText } from '../../utils/visible-text.ts'

/** What went wrong in a call of the Management API. Programs can rely on these values. */
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

interface ErrorDetails {
  /** The HTTP status, if there was a response. */
  readonly status?: number
  /** For `insufficient_scope`: the missing scopes. */
  readonly scopes?: readonly string[]
  /** For `rate_limited`: when the limit resets, or `unknown`. */
  readonly resetsAt?: Date | 'unknown'
}

/** A failed call of the Management API. The message is one line. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError'
  readonly code: ManagementErrorCode
  readonly status: number | undefined
  readonly details: ErrorDetails

  constructor(code: ManagementErrorCode, description: string, details: ErrorDetails = {}) {
    super(visibleText(description))
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

/** The errors of the SDK, as far as they are used here. */
interface SdkError extends Error {
  readonly statusCode?: number
  readonly body?: unknown
  readonly rawResponse?: { readonly headers: Headers }
}

/**
 * Converts an error of the SDK.
 *
 * @returns the same error if it does not come from the Management API
 */
export function toManagementError(error: unknown): unknown {
  if (error instanceof ManagementError) return error
  const { cause, statusCode: status, body, rawResponse } = error as SdkError
  if (cause instanceof ManagementError) return cause
  if (status === undefined) return error
  return errorFromResponse(status, extractMessage(body), rawResponse?.headers)
}

const CODE_BY_STATUS: Readonly<Record<number, ManagementErrorCode>> = {
  401: 'invalid_token',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
}

export function errorFromResponse(
  status: number,
  message: string,
  headers: Headers | undefined,
): ManagementError {
  const [, expected] = /Insufficient scope, expected(?: any of)?: (.+)/.exec(message) ?? []
  if (status === 403 && expected !== undefined) {
    return insufficientScopeError(expected.split(/[\s,]+/), 'any of ')
  }
  if (status === 429) return rateLimitError(headers)
  const code = CODE_BY_STATUS[status] ?? (status >= 500 ? 'server_error' : 'invalid_request')
  return new ManagementError(code, `The tenant returned HTTP ${status}: ${message}`, { status })
}

/** @param quantifier `any of ` if one of the scopes is enough */
export function insufficientScopeError(
  scopes: readonly string[],
  quantifier = '',
): ManagementError {
  const noun = scopes.length > 1 ? `${quantifier}the scopes` : 'the scope'
  const where = 'Applications → APIs → Auth0 Management API → Machine to Machine Applications'
  const description = `The token lacks ${noun} ${scopes.join(', ')}: grant it to the client (${where}).`
  return new ManagementError('insufficient_scope', description, { status: 403, scopes })
}

function rateLimitError(headers: Headers | undefined): ManagementError {
  const seconds = Number(headers?.get('x-ratelimit-reset') ?? Number.NaN)
  const resetsAt = Number.isFinite(seconds) ? new Date(seconds * 1000) : 'unknown'
  const description = `The tenant's rate limit is exceeded. ${describeReset(resetsAt)}.`
  return new ManagementError('rate_limited', description, { status: 429, resetsAt })
}

function describeReset(resetsAt: Date | 'unknown'): string {
  if (resetsAt === 'unknown') return 'The time of the reset is unknown'
  const seconds = Math.max(0, Math.ceil((resetsAt.getTime() - Date.now()) / 1000))
  return `It resets at ${resetsAt.toISOString()} (in ${seconds} s)`
}

/** The error message in a response body, as one line of at most 300 characters. */
export function extractMessage(body: unknown): string {
  const { message, error_description: description } = (body ?? {}) as Record<string, unknown>
  const text = [message, description, body].find((one) => typeof one === 'string') ?? 'no message'
  return String(text)
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, 300)
}
