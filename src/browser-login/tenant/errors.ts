import { AuthorizationResponseError, ResponseBodyError } from 'openid-client'
import type { ClientTokenErrorCode } from '../../tokens/client-token.ts'

/** The tenant returned an OAuth error code (RFC 6749 §4.1.2.1 and §5.2). */
export class TenantOAuthError extends Error {
  override readonly name = 'TenantOAuthError'
  /** The `error` of the response. */
  readonly code: string
  /** The `error_description`. The tenant writes it: show it as text, and never act on it. */
  readonly description: string | undefined

  constructor(code: string, description: string | undefined) {
    super('The tenant returned an OAuth error')
    this.code = code
    this.description = description
  }
}

/** The tenant is unavailable, fails, or does not accept this client (503). */
export class TenantUnavailableError extends Error {
  override readonly name = 'TenantUnavailableError'
  readonly code = 'tenant_unavailable'

  constructor(options?: ErrorOptions) {
    super('Identity provider unavailable', options)
  }
}

/** The request to the callback is not a valid authorization response (400). */
export class InvalidResponseError extends Error {
  override readonly name = 'InvalidResponseError'
  readonly code = 'answer_invalid'

  constructor(options?: ErrorOptions) {
    super('Invalid authorization response', options)
  }
}

/** The ID token of a login was rejected (400; 403 for its organization). */
export class InvalidIdTokenError extends Error {
  override readonly name = 'InvalidIdTokenError'
  readonly code: ClientTokenErrorCode

  constructor(code: ClientTokenErrorCode) {
    super('The ID token was rejected')
    this.code = code
  }
}

export type ErrorClass = new (options: ErrorOptions) => Error

/** openid-client error codes for an invalid response. */
const INVALID_RESPONSE_CODES = [
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_PARSE_ERROR',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
]

/** OAuth error codes for a failure of the tenant, and for a wrong client secret of ours. */
const UNAVAILABLE_CODES = ['server_error', 'temporarily_unavailable', 'invalid_client']

/**
 * Maps openid-client errors to domain errors.
 *
 * @param InvalidResponse the class for an invalid response
 */
export function toDomainError(error: unknown, InvalidResponse: ErrorClass): Error {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    const isRateLimited = 'status' in error && error.status === 429
    if (isRateLimited || UNAVAILABLE_CODES.includes(error.error)) {
      return new TenantUnavailableError({ cause: error })
    }
    return new TenantOAuthError(error.error, error.error_description)
  }
  const { code } = error as { code?: string }
  const isInvalid = INVALID_RESPONSE_CODES.includes(String(code))
  return isInvalid
    ? new InvalidResponse({ cause: error })
    : new TenantUnavailableError({ cause: error })
}
