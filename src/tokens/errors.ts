/**
 * Why an access token is rejected: stable codes for logs and tools, each with the sentence that goes
 * into `error_description` (RFC 6750 §3). The sentences are fixed: none contains text of the token.
 */
export const TOKEN_ERRORS = {
  token_too_large: 'The access token is larger than 8 KiB.',
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

/** The tenant's signing keys are unavailable, so the token can be neither accepted nor rejected (503). */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'keys_unavailable'
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number

  constructor(retryAfter: number, options?: ErrorOptions) {
    super('The signing keys of the tenant are not available.', options)
    this.retryAfter = retryAfter
  }
}
