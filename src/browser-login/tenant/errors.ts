import { AuthorizationResponseError, ResponseBodyError } from 'openid-client'

/** The tenant refuses what was asked, in the words of RFC 6749 §4.1.2.1 and §5.2. */
export class TenantRefusal extends Error {
  override readonly name = 'TenantRefusal'
  /** The `error` of the answer. */
  readonly code: string
  /** The `error_description`, written by whoever runs the tenant: to be shown, never obeyed. */
  readonly description: string | undefined

  constructor(code: string, description: string | undefined) {
    super('The tenant refused.')
    this.code = code
    this.description = description
  }
}

/** The tenant gives no usable answer now, or does not accept this client at all (503). */
export class TenantUnavailableError extends Error {
  override readonly name = 'TenantUnavailableError'
  readonly code = 'tenant_unavailable'

  constructor(options?: ErrorOptions) {
    super('The tenant cannot be asked.', options)
  }
}

/** The answer that came to the callback is none that the tenant would give. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError'
  readonly code = 'answer_invalid'

  constructor(options?: ErrorOptions) {
    super('The answer to the login does not hold.', options)
  }
}

/** What an answer is that came and does not hold. */
export type Fault = new (options: ErrorOptions) => Error

/** How an answer that came does not hold: nobody but the tenant should be able to bring it about. */
const INVALID = [
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_PARSE_ERROR',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
]

/** The tenant's own troubles, under the names that RFC 6749 gives them, and our wrong secret. */
const OUT_OF_ORDER = ['server_error', 'temporarily_unavailable', 'invalid_client']

/** Whatever openid-client throws, as who is at fault. */
export function judged(error: unknown, Invalid: Fault): Error {
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    const tooMany = 'status' in error && error.status === 429
    if (tooMany || OUT_OF_ORDER.includes(error.error)) {
      return new TenantUnavailableError({ cause: error })
    }
    return new TenantRefusal(error.error, error.error_description)
  }
  const { code } = error as { code?: string }
  const Fault = INVALID.includes(String(code)) ? Invalid : TenantUnavailableError
  return new Fault({ cause: error })
}
