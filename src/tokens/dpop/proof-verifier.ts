import type { Result } from '../result.ts'
import { verifySignature } from '../verify-signature.ts'
import { NONCE_ERRORS, type ProofErrorCode } from './errors.ts'
import type { Nonces } from './nonces.ts'
import {
  checkProof,
  checkProofTime,
  differencesOf,
  MAX_PROOF_LEAD,
  type Proof,
  type ProofExpectations,
  type ProofTimes,
  readProof,
} from './proof.ts'
import { ProofCounts } from './proof-counts.ts'
import { ProofKeys } from './proof-keys.ts'
import type { ReplayStore } from './replay-store.ts'

export interface ProofVerifierOptions {
  /** Signature algorithms that are allowed: asymmetric ones only. */
  readonly algorithms: readonly string[]
  /** They apply if there are no nonces. Otherwise, the nonces limit the age. */
  readonly times: ProofTimes
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly replays: ReplayStore
  /** If they are given, each proof needs one. */
  readonly nonces?: Nonces | undefined
}

/** Why a proof is rejected, in full. */
export interface ProofInspection {
  readonly expected: ProofExpectations
  /** All reasons; none if the proof is accepted. */
  readonly failures: readonly ProofErrorCode[]
}

/** How long a proof can be accepted, in milliseconds. */
export function proofLifetime({ maxAge, clockTolerance }: ProofTimes): number {
  return (maxAge + MAX_PROOF_LEAD + 2 * clockTolerance) * 1000
}

/** Verifies that a client has the key that its access token is bound to (RFC 9449 §4.3). */
export class ProofVerifier {
  readonly #options: ProofVerifierOptions
  readonly #keys: ProofKeys
  readonly counts = new ProofCounts()

  constructor(options: ProofVerifierOptions) {
    this.#options = options
    this.#keys = new ProofKeys(options.algorithms)
  }

  /**
   * Verifies the proof of one request. Only a proof that passes every other check is stored as used.
   *
   * @param fields the value of every `DPoP` field line, in order
   * @returns the proof, or the code of the first check that failed
   * @throws ReplayStoreError where the proof can be neither accepted nor rejected now
   */
  async verify(
    fields: readonly string[],
    expected: ProofExpectations,
  ): Promise<Result<Proof, ProofErrorCode>> {
    const result = await this.check(fields, expected)
    const { value: proof } = result
    const isUsed = proof !== undefined && !(await this.#store(proof))
    const verified = isUsed ? ({ code: 'dpop_replayed' } as const) : result
    this.counts.add(verified.code)
    return verified
  }

  /** As `verify`, without a look at used proofs: the proof is not stored, and can be used after it. */
  async check(
    fields: readonly string[],
    expected: ProofExpectations,
  ): Promise<Result<Proof, ProofErrorCode>> {
    const { value: proof, code } = this.#read(fields)
    if (code !== undefined) return { code }
    const failure =
      checkProof(proof, expected) ??
      this.#checkTime(proof) ??
      (await this.#checkSignature(fields, proof))
    return failure === undefined ? { value: proof } : { code: failure }
  }

  /** Every check of `check`, including those after the first failure, unless the proof cannot be read. */
  async inspect(fields: readonly string[], expected: ProofExpectations): Promise<ProofInspection> {
    const { value: proof, code } = this.#read(fields)
    if (code !== undefined) return { expected, failures: [code] }
    const failures = [
      ...differencesOf(proof, expected),
      this.#checkTime(proof),
      await this.#checkSignature(fields, proof),
    ]
    return { expected, failures: failures.filter((failure) => failure !== undefined) }
  }

  #read([text, ...others]: readonly string[]): Result<Proof, ProofErrorCode> {
    if (text === undefined) return { code: 'dpop_proof_missing' }
    if (others.length > 0) return { code: 'dpop_proof_malformed' }
    return readProof(text, this.#options.algorithms)
  }

  #checkTime(proof: Proof): ProofErrorCode | undefined {
    const { times, now, nonces } = this.#options
    return nonces === undefined
      ? checkProofTime(proof, times, now() / 1000)
      : checkNonce(proof, nonces)
  }

  async #checkSignature(
    [text]: readonly string[],
    proof: Proof,
  ): Promise<ProofErrorCode | undefined> {
    const key = this.#keys.keyFor(proof)
    if (key === undefined) return 'dpop_key_malformed'
    const signer = await verifySignature(String(text), proof.algorithm, [key])
    return signer === undefined ? 'dpop_signature_invalid' : undefined
  }

  /** @returns whether the proof was not used before */
  async #store({ thumbprint, jti }: Proof): Promise<boolean> {
    try {
      return await this.#options.replays.add(thumbprint, jti)
    } catch (error) {
      this.counts.add('dpop_not_stored')
      throw error
    }
  }

  /** The nonce that the response to a proof should have, if any (RFC 9449 §8, §8.2). */
  newNonce({ value, code }: Result<Proof, ProofErrorCode>): string | undefined {
    const { nonces } = this.#options
    if (nonces === undefined) return undefined
    const isNeeded =
      value === undefined
        ? Object.hasOwn(NONCE_ERRORS, code)
        : nonces.stateOf(String(value.nonce)) === 'previous'
    return isNeeded ? nonces.current : undefined
  }
}

function checkNonce({ nonce }: Proof, nonces: Nonces): ProofErrorCode | undefined {
  if (nonce === undefined) return 'dpop_nonce_missing'
  return nonces.stateOf(nonce) === undefined ? 'dpop_nonce_invalid' : undefined
}
