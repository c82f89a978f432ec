import type {
  BindingErrorCode,
  ProofErrorCode,
  ReplayStoreError,
} from '../../tokens/dpop/errors.ts'
import { MAX_PROOF_LEAD } from '../../tokens/dpop/proof.ts'
import type { ProofInspection } from '../../tokens/dpop/proof-verifier.ts'
import { decodeToken, type JsonObject } from '../../tokens/jws.ts'
import { uriAdvice } from './uri-advice.ts'

const LIBRARY = 'Use the DPoP support of the SDK, or a library, which makes a proof as it must be.'
const CLOCK = 'Check the clock of the device.'

/** A proof and what the server found out about it. */
export interface ExplainedProof {
  /** The value of the `DPoP` header; undefined if there was none. */
  readonly text: string | undefined
  /** Undefined if the server refused the request before it looked at the proof. */
  readonly inspection: ProofInspection | undefined
}

type ProofCode = BindingErrorCode | ProofErrorCode | 'dpop_authorization_malformed'

/** How to fix what is wrong with a bound token or its proof (RFC 9449), in the names of Auth0's SDKs. */
export const PROOF_ADVICE: Readonly<Record<ProofCode, string>> = {
  dpop_authorization_malformed:
    'The Authorization header must be the word DPoP, a space and one token. The proof has a header of its own, DPoP.',
  token_needs_dpop:
    'It is bound to a key of the client. Send it with the scheme DPoP and a proof in the DPoP header (createFetcher with dpopNonceId in the SDKs), and not with the scheme Bearer.',
  token_not_bound:
    'It is a plain token, so it needs the scheme Bearer. If it should be bound: allow DPoP in Applications → APIs → (this API) → Settings (sender constraining). Until then, the tenant issues plain tokens, also if the client sends proofs. createFetcher takes the scheme from the token response.',
  bound_token_required:
    'A token without a binding is not accepted here. Switch on DPoP in the client (useDpop in the SDKs), and allow it in Applications → APIs → (this API) → Settings (sender constraining).',
  dpop_key_mismatch:
    'The key in the proof is not the one that the token was issued for. The client has a new key, perhaps after its storage was cleared: log in again. Check that every request of the client uses the same key.',
  dpop_proof_missing:
    'The scheme is DPoP, and there is no DPoP header. In auth0-spa-js, createFetcher sends proofs only if it has a dpopNonceId. A proxy may also remove the header.',
  dpop_proof_malformed: `The DPoP header must be exactly one signed JWT. Check for a second header, and for a token in its place. ${LIBRARY}`,
  dpop_header_malformed: `The header of the proof must have typ dpop+jwt, and neither crit nor b64. ${LIBRARY}`,
  dpop_algorithm_not_allowed:
    'Sign the proof with an algorithm that the challenge lists in algs, or allow another one in DPOP_ALGORITHMS.',
  dpop_key_malformed:
    'The header of the proof must have the public key in jwk, without private members, and of the kind that alg needs. RSA keys have 2048 to 4096 bits and the exponent 65537.',
  dpop_claims_malformed: `The proof must have the claims jti (at most 256 characters), htm, htu, ath and iat (a number in seconds). ${LIBRARY}`,
  dpop_method_mismatch:
    'The claim htm must be the method of this request, in upper case. Make a new proof for each request.',
  dpop_uri_mismatch:
    'The claim htu must be the URL of this request, without query and fragment. If it is, a proxy changes the URL: set PUBLIC_URL to the URL at which clients reach the server, or TRUST_PROXY so that scheme and host are what the proxy reports.',
  dpop_token_mismatch:
    'The claim ath must be the SHA-256 of the access token that is sent, in base64url. Make a new proof when the token is renewed.',
  dpop_proof_expired: `A proof is accepted for a short time after its iat (DPOP_PROOF_AGE). Make a new proof for each request. ${CLOCK} With DPOP_NONCE_SECRETS, clocks of clients do not matter.`,
  dpop_proof_in_future: `The claim iat may be at most ${MAX_PROOF_LEAD} s in the future. ${CLOCK}`,
  dpop_signature_invalid:
    'The proof was changed after it was signed, or is signed with another key than the one in its header.',
  dpop_replayed:
    'Each request needs a proof of its own with a new jti. Check whether the client or a proxy repeats requests.',
  dpop_nonce_missing:
    'This server requires its nonce in each proof. The first request of a client is rejected with a nonce in the DPoP-Nonce header, and the SDK repeats it. From a browser, the origin must be in CLIENT_ORIGIN_URL, or the page cannot read the header.',
  dpop_nonce_invalid:
    'The client repeats the request with the nonce of this response. If it is rejected again, two processes have different DPOP_NONCE_SECRETS, or the client keeps the nonce of another server: use a dpopNonceId for each.',
}

/** What to do while used proofs cannot be stored (503). */
export const REPLAY_STORE_ADVICE: Readonly<Record<ReplayStoreError['code'], string>> = {
  dpop_replay_store_full:
    'The store of used proofs is full, or the share of one key (a tenth of it). Proofs are accepted again when older ones have expired. Look for a client that sends very many requests.',
  dpop_replay_store_unavailable:
    'Redis (REDIS_URL) does not answer, so that a proof may have been used at another process. Check Redis; bearer tokens are not affected.',
}

/**
 * How to fix a proof, for `explain`, which may show what is in it.
 *
 * @param code of a check that failed
 */
export function proofAdvice(
  code: ProofErrorCode,
  { text = '', inspection }: ExplainedProof,
): string {
  const claims: JsonObject = decodeToken(text).value?.claims ?? {}
  const cause =
    code === 'dpop_uri_mismatch' && inspection !== undefined
      ? uriAdvice(String(claims['htu']), inspection.expected.uri)
      : undefined
  return cause ?? PROOF_ADVICE[code]
}

/** Whether a request was rejected because of its proof, or because its scheme and token do not fit. */
export function isProofCode(code: unknown): code is ProofCode {
  return typeof code === 'string' && Object.hasOwn(PROOF_ADVICE, code)
}

/** Whether a request with a good proof was answered 503. */
export function isStoreCode(code: string): code is ReplayStoreError['code'] {
  return Object.hasOwn(REPLAY_STORE_ADVICE, code)
}
