/**
 * Why a token that the tenant addresses to a client is refused: an ID token (OpenID Connect Core
 * §3.1.3.7) or a logout token (Back-Channel Logout §2.6). Stable codes, each with a sentence of our
 * own that holds no word of the token.
 */
export const CLIENT_TOKEN_ERRORS = {
  token_too_large: 'The token is larger than 8 KiB.',
  token_malformed: 'The token is not a signed JWT in compact form.',
  header_malformed: 'The JOSE header of the token is not acceptable.',
  header_extension: 'The JOSE header of the token asks for an unsupported extension.',
  algorithm_not_allowed: 'The token is signed with another algorithm than the client expects.',
  type_not_allowed: 'The token is of another type.',
  unknown_key: 'The token is signed with an unknown key.',
  signature_invalid: 'The signature of the token does not match.',
  issuer_mismatch: 'The token was issued by another issuer.',
  audience_mismatch: 'The token was issued for another client.',
  authorized_party_missing: 'The token has several audiences and names no authorized party.',
  authorized_party_mismatch: 'The token was issued to another client.',
  time_claim_malformed: 'The token has a missing or malformed time claim.',
  token_expired: 'The token expired.',
  token_not_yet_valid: 'The token is not valid yet.',
  token_issued_in_future: 'The token was issued in the future.',
  subject_missing: 'The token names no subject.',
  nonce_mismatch: 'The token answers another login.',
  login_too_old: 'The login that the token tells of is too long ago, or of unknown age.',
  organization_malformed: 'The organization in the token is malformed.',
  organization_mismatch: 'The token is for another organization than was asked for.',
  session_malformed: 'The session in the token is malformed.',
  event_missing: 'The token tells of no logout.',
  nonce_present: 'The token has a nonce, which no logout token may have.',
  identifier_missing: 'The token has no identifier.',
} as const

export type ClientTokenErrorCode = keyof typeof CLIENT_TOKEN_ERRORS

/** The token is at fault. Trouble on our side or the tenant's is never a ClientTokenError. */
export class ClientTokenError extends Error {
  override readonly name = 'ClientTokenError'
  readonly code: ClientTokenErrorCode

  constructor(code: ClientTokenErrorCode) {
    super(CLIENT_TOKEN_ERRORS[code])
    this.code = code
  }
}
