import {
  AuthorizationResponseError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import type { ClientTokenErrorCode } from '../../tokens/client-token.ts'

/**
 * The tenant returned an OAuth error code that is about the person or their login (RFC 6749 §4.1.2.1),
 * or about a code or refresh token of theirs (§5.2).
 */
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

/** The tenant is unavailable, or fails (503). */
export class TenantUnavailableError extends Error {
  override readonly name = 'TenantUnavailableError'
  readonly code = 'tenant_unavailable'

  constructor(options?: ErrorOptions) {
    super('Identity provider unavailable', options)
  }
}

/** The tenant does not accept this client, its secret or its request (503): the configuration is wrong. */
export class ClientRejectedError extends Error {
  override readonly name = 'ClientRejectedError'
  readonly code = 'client_rejected'

  constructor(options?: ErrorOptions) {
    super('Client rejected by the identity provider', options)
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

/** OAuth error codes for a failure of the tenant. */
const UNAVAILABLE_CODES = ['server_error', 'temporarily_unavailable']

/** OAuth error codes of the token endpoint that are about a code or a refresh token. */
const GRANT_CODE = /^(invalid_grant|federated_connection_\w+)$/

/**
 * Maps openid-client errors to domain errors.
 *
 * @param InvalidResponse the class for an invalid response
 */
export async function toDomainError(error: unknown, InvalidResponse: ErrorClass): Promise<Error> {
  if (error instanceof AuthorizationResponseError) return fromAuthorizationResponse(error)
  if (error instanceof ResponseBodyError) return fromTokenResponse(error)
  if (error instanceof WWWAuthenticateChallengeError)
    return fromTokenResponse(await withBody(error))
  const { code } = error as { code?: string }
  const isInvalid = INVALID_RESPONSE_CODES.includes(String(code))
  return isInvalid
    ? new InvalidResponse({ cause: error })
    : new TenantUnavailableError({ cause: error })
}

function fromAuthorizationResponse(cause: AuthorizationResponseError): Error {
  const { error, error_description: description } = cause
  if (UNAVAILABLE_CODES.includes(error)) return new TenantUnavailableError({ cause })
  if (error === 'unauthorized_client') return new ClientRejectedError({ cause })
  return new TenantOAuthError(error, description)
}

/** Auth0 returns `access_denied` for a wrong client secret, not `invalid_client`. */
function fromTokenResponse(cause: TokenError): Error {
  const { status, error = '', error_description: description } = cause
  if (status === 429 || UNAVAILABLE_CODES.includes(error)) {
    return new TenantUnavailableError({ cause })
  }
  return GRANT_CODE.test(error)
    ? new TenantOAuthError(error, description)
    : new ClientRejectedError({ cause })
}

interface TokenError extends Error {
  readonly status: number
  readonly error?: string | undefined
  readonly error_description?: string | undefined
}

/** openid-client does not read the body of a response that has a challenge. */
async function withBody(challenge: WWWAuthenticateChallengeError): Promise<TokenError> {
  const body = (await challenge.response.json().catch(() => ({}))) as Partial<TokenError>
  return Object.assign(challenge, { error: body.error, error_description: body.error_description })
}
