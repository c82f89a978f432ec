import type { Result } from '../result.ts'
import { verifySignature } from '../verify-signature.ts'
import type { ProofErrorCode } from './errors.ts'
import {
  checkProof,
  checkProofTime,
  MAX_PROOF_AGE,
  MAX_PROOF_LEAD,
  type Proof,
  type ProofExpectations,
  readProof,
} from './proof.ts'
import { ProofKeys } from './proof-keys.ts'
import type { ReplayStore } from './replay-store.ts'

export interface ProofVerifierOptions {
  /** Signature algorithms that are allowed: asymmetric ones only. */
  readonly algorithms: readonly string[]
  /** In seconds. */
  readonly clockTolerance: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly replays: ReplayStore
}

/** How long a proof can be accepted, in milliseconds. */
export function proofLifetime(clockTolerance: number): number {
  return (MAX_PROOF_AGE + MAX_PROOF_LEAD + 2 * clockTolerance) * 1000
}

/** Verifies that a client has the key that its access token is bound to (RFC 9449 §4.3). */
export class ProofVerifier {
  readonly #options: ProofVerifierOptions
  readonly #keys: ProofKeys

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
    const { algorithms, clockTolerance, now, replays } = this.#options
    const [text, ...others] = fields
    if (text === undefined) return { code: 'dpop_proof_missing' }
    if (others.length > 0) return { code: 'dpop_proof_malformed' }
    const { value: proof, code } = readProof(text, algorithms)
    if (code !== undefined) return { code }
    const failure =
      checkProof(proof, expected) ?? checkProofTime(proof, clockTolerance, now() / 1000)
    if (failure !== undefined) return { code: failure }
    const key = this.#keys.keyFor(proof)
    if (key === undefined) return { code: 'dpop_key_malformed' }
    const signer = await verifySignature(text, proof.algorithm, [key])
    if (signer === undefined) return { code: 'dpop_signature_invalid' }
    const isNew = await replays.add(proof.thumbprint, proof.jti)
    return isNew ? { value: proof } : { code: 'dpop_replayed' }
  }
}
