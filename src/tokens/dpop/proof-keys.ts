import type { AsymmetricKeyDetails } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { parseJwks, type VerificationKey } from '../keys/jwks.ts'
import type { Proof } from './proof.ts'

const MAX_KEYS = 10_000
/**
 * The client chooses the key. With a large modulus or exponent, a verification would take as long as
 * a signature.
 */
const MAX_MODULUS_BITS = 4096
const EXPONENT = 65_537n

/** The keys of clients (LRU), since one key signs hundreds of proofs and takes long to import. */
export class ProofKeys {
  readonly #algorithms: readonly string[]
  readonly #keys = new LRUCache<string, VerificationKey>({ max: MAX_KEYS })

  /** @param algorithms the signature algorithms that are allowed */
  constructor(algorithms: readonly string[]) {
    this.#algorithms = algorithms
  }

  /** @returns undefined if the key is not acceptable, or not one for the algorithm of the proof */
  keyFor({ key: jwk, thumbprint, algorithm }: Proof): VerificationKey | undefined {
    const key = this.#keys.get(thumbprint) ?? this.#import(jwk)
    if (key === undefined || !key.algorithms.includes(algorithm)) return undefined
    this.#keys.set(thumbprint, key)
    return key
  }

  #import(jwk: Proof['key']): VerificationKey | undefined {
    const [key] = parseJwks([jwk], this.#algorithms).keys
    if (key === undefined) return undefined
    const { modulusLength = 0, publicExponent = EXPONENT } = key.key
      .asymmetricKeyDetails as AsymmetricKeyDetails
    return modulusLength <= MAX_MODULUS_BITS && publicExponent === EXPONENT ? key : undefined
  }
}
