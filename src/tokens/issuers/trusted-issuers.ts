import { assertDefined } from '../../utils/assert-defined.ts'
import type { Expectations } from '../access-token-rules.ts'
import type { VerificationKeys } from '../keys/remote-jwks.ts'

/** An issuer whose tokens are accepted, with all that its tokens are verified with. */
export interface TrustedIssuer {
  /** What its tokens must contain. */
  readonly expected: Expectations
  /** Its keys. Those of another issuer are not in reach. */
  readonly keys: VerificationKeys
}

/**
 * The issuers whose tokens are accepted, by their exact name. The list cannot be changed.
 *
 * @example
 * const issuers = new TrustedIssuers([{ expected, keys }])
 * const issuer = issuers.find(claims.iss)
 */
export class TrustedIssuers {
  readonly #byName: ReadonlyMap<unknown, TrustedIssuer>
  /** The first one. */
  readonly main: TrustedIssuer

  /** @throws Error if there is none, or if two have the same name */
  constructor(issuers: readonly TrustedIssuer[]) {
    const copies = issuers.map((issuer) => Object.freeze({ ...issuer }))
    this.#byName = new Map(copies.map((issuer) => [issuer.expected.issuer, issuer]))
    if (this.#byName.size < issuers.length) throw new Error('Two trusted issuers have one name.')
    this.main = assertDefined(copies[0], 'issuer')
  }

  /**
   * Finds the issuer of a token. The texts are compared exactly (RFC 7519 §4.1.1).
   *
   * @param iss the claim, which may be any JSON value
   */
  find(iss: unknown): TrustedIssuer | undefined {
    return this.#byName.get(iss)
  }
}
