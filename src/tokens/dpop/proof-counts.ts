import { NONCE_ERRORS, type ProofErrorCode } from './errors.ts'

/** What became of a proof. */
export const PROOF_OUTCOMES = [
  'accepted',
  'rejected',
  'replayed',
  'nonce_required',
  'not_stored',
] as const

/** `not_stored`: neither accepted nor rejected, because the store of used proofs was not available. */
export type ProofOutcome = (typeof PROOF_OUTCOMES)[number]

/** Counts proofs by their outcome. Each code is in the metric of rejected requests already. */
export class ProofCounts {
  readonly #counts = new Map<ProofOutcome, number>()
  #noncesRefused = 0

  /** @param code why the proof was not accepted, if it was not */
  add(code: ProofErrorCode | 'dpop_not_stored' | undefined): void {
    const outcome = outcomeOf(code)
    this.#counts.set(outcome, this.of(outcome) + 1)
    if (code === 'dpop_nonce_invalid') this.#noncesRefused += 1
  }

  /** The total so far. */
  of(outcome: ProofOutcome): number {
    return this.#counts.get(outcome) ?? 0
  }

  /** Nonces that were too old or of another server. A proof without a nonce is not counted here. */
  get noncesRefused(): number {
    return this.#noncesRefused
  }
}

function outcomeOf(code: ProofErrorCode | 'dpop_not_stored' | undefined): ProofOutcome {
  if (code === undefined) return 'accepted'
  if (code === 'dpop_not_stored') return 'not_stored'
  if (code === 'dpop_replayed') return 'replayed'
  return Object.hasOwn(NONCE_ERRORS, code) ? 'nonce_required' : 'rejected'
}
