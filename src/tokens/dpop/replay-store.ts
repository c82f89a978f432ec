import { hash } from 'node:crypto'

/** The proofs that were used, for as long as they would be accepted again. */
export interface ReplayStore {
  /**
   * Stores a proof, in one step: of two calls at the same time, one gets true.
   *
   * @param thumbprint of the key that signed the proof
   * @returns false if it is stored already
   * @throws ReplayStoreError
   */
  add(thumbprint: string, jti: string): boolean | Promise<boolean>
}

/**
 * The name of a proof, 16 bytes. It has the key, so that a client cannot use up the `jti` of another
 * one. It is not the hash of the proof: from one ECDSA signature, anyone can compute a second one.
 */
export function proofName(thumbprint: string, jti: string): Buffer {
  return hash('sha256', `${thumbprint}\0${jti}`, 'buffer').subarray(0, 16)
}
