/**
 * Why an access token is rejected: stable codes for logs and tools, each with the sentence that goes
 * into `error_description` (RFC 6750 §3). The sentences are fixed: none contains text of the token.
 */
export const TOKEN_ERRORS = {
  token_too_large: 'The access token is larger than 8 KiB.',
  token_inactive: 'The access token is not active: it expired, was revoked or is unknown.',
  token_malformed: 'The access token is not a signed JWT in compact form.',
  header_malformed: 'The JOSE header of the access token is not acceptable.',
  header_extension: 'The JOSE header of the access token asks for an unsupported extension.',
  algorithm_not_allowed: 'The access token is signed with an algorithm that is not allowed.',
  type_not_allowed: 'The type of the token is not that of an access token.',
  id_token: 'The token is an ID token, not an access token.',
  claim_mismatch: 'The token lacks a claim that access tokens of this issuer have.',
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

/** A token can be neither accepted nor rejected now, for a reason that is not the client's (503). */
export abstract class UnverifiableError extends Error {
  abstract readonly code: string
  /** Whether the token seems to be the cause. Then it counts as a failed authentication of the client. */
  readonly isCausedByToken: boolean = false
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number

  constructor(message: string, retryAfter: number, options?: ErrorOptions) {
    super(message, options)
    this.retryAfter = retryAfter
  }
}

/** The tenant's signing keys are unavailable. */
export class KeysUnavailableError extends UnverifiableError {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'keys_unavailable'

  constructor(retryAfter: number, options?: ErrorOptions) {
    super('The signing keys of the tenant are not available.', retryAfter, options)
  }
}

/** The issuer does not say whether the token is active, or was not asked: see `cause`. */
export class IntrospectionUnavailableError extends UnverifiableError {
  override readonly name = 'IntrospectionUnavailableError'
  readonly code = 'introspection_unavailable'

  override readonly isCausedByToken: boolean

  constructor(retryAfter: number, options?: ErrorOptions & { isCausedByToken?: boolean }) {
    super('The issuer does not introspect tokens now.', retryAfter, options)
    this.isCausedByToken = options?.isCausedByToken ?? false
  }
}
