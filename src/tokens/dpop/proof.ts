import type { JsonWebKey } from 'node:crypto'
import { isNumericDate, isText } from '../claims.ts'
import { decodeToken, type JsonObject } from '../jws.ts'
import type { Result } from '../result.ts'
import type { ProofErrorCode } from './errors.ts'
import { normalizeUri } from './target-uri.ts'
import { publicMembers, thumbprintOf } from './thumbprint.ts'

const MAX_PROOF_BYTES = 4 * 1024
const MAX_JTI_LENGTH = 256
/** Members of private and symmetric keys (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** How far in the future a proof may be, in seconds; the clock tolerance is added. */
export const MAX_PROOF_LEAD = 30

/** When a proof is accepted, in seconds. */
export interface ProofTimes {
  /** How old it may be; the clock tolerance is added. */
  readonly maxAge: number
  readonly clockTolerance: number
}

/** A decoded proof (RFC 9449 §4.2). Its signature is not verified yet. */
export interface Proof {
  readonly algorithm: string
  /** The members that make the public key, in lexical order. */
  readonly key: JsonWebKey
  /** Of the key (RFC 7638). */
  readonly thumbprint: string
  readonly jti: string
  readonly htm: string
  readonly htu: string
  /** The SHA-256 of an access token. Only a proof for a request with one has it. */
  readonly ath: string | undefined
  /** May have a fraction. */
  readonly iat: number
  readonly nonce: string | undefined
}

/** What a proof must be for. */
export interface ProofExpectations {
  readonly method: string
  /** Normalized, without query and fragment. */
  readonly uri: string
  /** The SHA-256 of the access token, in base64url; undefined where a request has none. */
  readonly tokenHash: string | undefined
  /** Of the key that the access token is bound to; undefined where any key will do. */
  readonly thumbprint: string | undefined
}

/** Decodes a proof and validates its form (RFC 9449 §4.3, points 2 to 5 and 7). */
export function readProof(
  text: string,
  algorithms: readonly string[],
): Result<Proof, ProofErrorCode> {
  const { value: decoded } = decodeToken(text, MAX_PROOF_BYTES)
  if (decoded === undefined) return { code: 'dpop_proof_malformed' }
  const { typ, alg, jwk, crit, b64 } = decoded.header
  if (typ !== 'dpop+jwt' || crit !== undefined || b64 !== undefined) {
    return { code: 'dpop_header_malformed' }
  }
  if (typeof alg !== 'string' || !algorithms.includes(alg)) {
    return { code: 'dpop_algorithm_not_allowed' }
  }
  const key = publicKeyOf(jwk)
  if (key === undefined) return { code: 'dpop_key_malformed' }
  const { jti, htm, htu, ath, iat, nonce } = decoded.claims
  const isNonce = nonce === undefined || typeof nonce === 'string'
  const isHash = ath === undefined || isText(ath)
  if (!isText(jti) || jti.length > MAX_JTI_LENGTH || !isNumericDate(iat) || !isNonce) {
    return { code: 'dpop_claims_malformed' }
  }
  if (!isText(htm) || !isText(htu) || !isHash) return { code: 'dpop_claims_malformed' }
  const thumbprint = thumbprintOf(key)
  return { value: { algorithm: alg, key, thumbprint, jti, htm, htu, ath, iat, nonce } }
}

/** Whether a proof is for this request, token and key (RFC 9449 §4.3, points 8, 9 and 12). */
export function checkProof(proof: Proof, expected: ProofExpectations): ProofErrorCode | undefined {
  const { tokenHash, thumbprint } = expected
  if (tokenHash !== undefined && proof.ath === undefined) return 'dpop_claims_malformed'
  if (proof.htm !== expected.method) return 'dpop_method_mismatch'
  if (normalizeUri(proof.htu) !== expected.uri) return 'dpop_uri_mismatch'
  if (tokenHash !== undefined && proof.ath !== tokenHash) return 'dpop_token_mismatch'
  if (thumbprint === undefined || proof.thumbprint === thumbprint) return undefined
  return 'dpop_key_mismatch'
}

/** Each way in which a proof differs from what is expected, where `checkProof` has only the first. */
export function differencesOf(proof: Proof, expected: ProofExpectations): ProofErrorCode[] {
  const met = {
    method: proof.htm,
    uri: normalizeUri(proof.htu) as string,
    tokenHash: proof.ath,
    thumbprint: proof.thumbprint,
  }
  return (Object.keys(met) as (keyof typeof met)[])
    .map((name) => checkProof(proof, { ...met, [name]: expected[name] }))
    .filter((code) => code !== undefined)
}

/**
 * Whether a proof was made recently (RFC 9449 §4.3, point 11).
 *
 * @param now seconds since the epoch
 */
export function checkProofTime(
  { iat }: Proof,
  { maxAge, clockTolerance }: ProofTimes,
  now: number,
): ProofErrorCode | undefined {
  if (iat < now - maxAge - clockTolerance) return 'dpop_proof_expired'
  return iat > now + MAX_PROOF_LEAD + clockTolerance ? 'dpop_proof_in_future' : undefined
}

function publicKeyOf(jwk: unknown): JsonWebKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined
  return publicMembers(jwk as JsonObject)
}
