/**
 * Why a token is refused: stable codes for logs and tools, each with the sentence that goes into
 * `error_description` (RFC 6750 §3). The sentences are ours alone: none holds a word of the token.
 */
export const TOKEN_ERRORS = {
  token_too_large: 'The access token is larger than 8 KiB.',
  token_malformed: 'The access token is not a signed JWT in compact form.',
  header_malformed: 'The JOSE header of the access token is not acceptable.',
  header_extension: 'The JOSE header of the access token asks for an unsupported extension.',
  algorithm_not_allowed: 'The access token is signed with an algorithm that is not allowed.',
  type_not_allowed: 'The type of the token is not that of an access token.',
  id_token: 'The token is an ID token, not an access token.',
  token_bound: 'The access token is bound to a key whose proof cannot be checked here.',
  issuer_mismatch: 'The access token was issued by another issuer.',
  audience_mismatch: 'The access token was issued for another audience.',
  time_claim_malformed: 'The access token has a missing or malformed time claim.',
  token_expired: 'The access token expired.',
  token_not_yet_valid: 'The access token is not valid yet.',
  token_issued_in_future: 'The access token was issued in the future.',
  unknown_key: 'The access token is signed with an unknown key.',
  signature_invalid: 'The signature of the access token does not match.',
  subject_missing: 'The access token names no subject.',
  organization_malformed: 'The organization in the access token is malformed.',
} as const

export type TokenErrorCode = keyof typeof TOKEN_ERRORS

/**
 * A verdict and no accident: nobody will look for the line it came from, and its stack would cost as
 * much as all the rest of refusing a token.
 */
export class VerdictError extends Error {
  constructor(message: string) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The token is at fault (401, `invalid_token`). Trouble on our side is never a TokenError. */
export class TokenError extends VerdictError {
  static readonly #made = new Map<TokenErrorCode, TokenError>()

  override readonly name = 'TokenError'
  readonly code: TokenErrorCode

  constructor(code: TokenErrorCode) {
    super(TOKEN_ERRORS[code])
    this.code = code
  }

  /** The one that all requests share, for where a verdict is had sooner than a new error. */
  static of(code: TokenErrorCode): TokenError {
    const made = TokenError.#made.get(code)
    if (made !== undefined) return made
    const error = new TokenError(code)
    // What decides the answer stays; not frozen, since loggers mark the errors that they describe.
    Object.defineProperty(error, 'code', { writable: false })
    TokenError.#made.set(code, error)
    return error
  }
}

/** The tenant's keys cannot be had now, so that no verdict is possible (503). */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'keys_unavailable'
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number

  constructor(retryAfter: number, options?: ErrorOptions) {
    super('The signing keys of the tenant are not available.', options)
    this.retryAfter = retryAfter
  }
}
