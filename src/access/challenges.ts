import {
  BEARER_ONLY,
  type Challenge,
  challengeOf,
  type RejectionCode,
  type TokenScheme,
} from './challenge.ts'
import type { AccessPolicy, Requirements } from './policy.ts'

export interface ChallengesOptions {
  /** What challenges say about bound tokens; undefined if these are not accepted. */
  readonly boundTokens: BoundTokensOptions | undefined
  /** The URL of the metadata (RFC 9728 §5.1), if the server has it. */
  readonly metadata?: string | undefined
}

export interface BoundTokensOptions {
  /** Whether other tokens are rejected. */
  readonly required: boolean
  /** The algorithms that a proof may be signed with. */
  readonly algorithms: readonly string[]
}

/** The challenges of a server. There are as many as codes and policies, and each is made once. */
export class Challenges {
  readonly #options: ChallengesOptions
  readonly #made = new Map<AccessPolicy<never> | undefined, Map<string, Challenge>>()

  constructor(options: ChallengesOptions) {
    this.#options = options
  }

  /**
   * @param scheme that the request used
   * @param access the policy of the route: the object of its options, which stays the same
   */
  of(code: RejectionCode, scheme: TokenScheme, access: AccessPolicy<never> | undefined): Challenge {
    const made = this.#made.get(access) ?? new Map<string, Challenge>()
    this.#made.set(access, made)
    const key = `${scheme} ${code}`
    const challenge = made.get(key) ?? this.#make(code, scheme, access)
    made.set(key, challenge)
    return challenge
  }

  #make(
    code: RejectionCode,
    used: TokenScheme,
    access: AccessPolicy<never> | undefined,
  ): Challenge {
    const requirements = Object(access) as Requirements
    const { boundTokens, metadata } = this.#options
    if (boundTokens === undefined) {
      return challengeOf(code, requirements, { ...BEARER_ONLY, metadata })
    }
    const { required, algorithms } = boundTokens
    const offered =
      required || requirements.bound ? (['DPoP'] as const) : (['Bearer', 'DPoP'] as const)
    return challengeOf(code, requirements, { used, offered, algorithms, metadata })
  }
}
