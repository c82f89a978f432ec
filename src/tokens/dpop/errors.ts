/** Why a token and the scheme that it came with do not fit: `invalid_token` (RFC 9449 §7.1, §7.2). */
export const BINDING_ERRORS = {
  token_needs_dpop: 'The access token is bound to a key, so it needs the DPoP scheme and a proof.',
  token_not_bound: 'The access token is not bound to a key, so it needs the Bearer scheme.',
  bound_token_required: 'An access token that is bound to a key is required here.',
  dpop_key_mismatch: 'The access token is bound to another key than the one in the proof.',
} as const

/** Why a proof is rejected: `invalid_dpop_proof` (RFC 9449 §4.3, §7.1). */
export const PROOF_ERRORS = {
  dpop_proof_missing: 'There is no proof in the DPoP header.',
  dpop_proof_malformed: 'The DPoP header is not one signed JWT of at most 4 KiB.',
  dpop_header_malformed: 'The JOSE header of the proof is not acceptable.',
  dpop_algorithm_not_allowed: 'The proof is signed with an algorithm that is not allowed.',
  dpop_key_malformed: 'The key in the proof is not an acceptable public key.',
  dpop_claims_malformed: 'The proof has a missing or malformed claim.',
  dpop_method_mismatch: 'The proof is for another method.',
  dpop_uri_mismatch: 'The proof is for another URI.',
  dpop_token_mismatch: 'The proof is for another access token.',
  dpop_proof_expired: 'The proof is too old.',
  dpop_proof_in_future: 'The proof was made in the future.',
  dpop_signature_invalid: 'The signature of the proof does not match.',
  dpop_replayed: 'The proof was used before.',
} as const

/** Why a proof needs a new nonce: `use_dpop_nonce` (RFC 9449 §9). The client repeats the request with it. */
export const NONCE_ERRORS = {
  dpop_nonce_missing: 'The proof has no nonce of this server.',
  dpop_nonce_invalid: 'The nonce of the proof is too old, or not one of this server.',
} as const

export type BindingErrorCode = keyof typeof BINDING_ERRORS
export type NonceErrorCode = keyof typeof NONCE_ERRORS
export type ProofErrorCode = keyof typeof PROOF_ERRORS | NonceErrorCode | 'dpop_key_mismatch'

/** Whether a proof was used before cannot be known now, so that it is neither accepted nor rejected (503). */
export class ReplayStoreError extends Error {
  override readonly name = 'ReplayStoreError'
  readonly code: 'dpop_replay_store_full' | 'dpop_replay_store_unavailable'
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number

  constructor(code: ReplayStoreError['code'], retryAfter: number, options?: ErrorOptions) {
    super('The store of used proofs is not available.', options)
    this.code = code
    this.retryAfter = retryAfter
  }
}
