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

/** What a challenge depends on, beside its code. */
export interface RejectedRequest {
  readonly scheme: TokenScheme
  readonly access: AccessPolicy<never> | undefined
  /** Everything that the route requires. */
  readonly scope: readonly string[]
}

/** The challenges of a server. There are as many as codes and policies, and each is made once. */
export class Challenges {
  readonly #options: ChallengesOptions
  readonly #made = new Map<string, Challenge>()

  constructor(options: ChallengesOptions) {
    this.#options = options
  }

  of(code: RejectionCode, { scheme, access, scope }: RejectedRequest): Challenge {
    const requirements = Object(access) as Requirements
    const { bound = false, acr = [], maxAge } = requirements
    const key = [code, scheme, bound, maxAge, acr.join(' '), ...scope].join('\n')
    const made = this.#made.get(key)
    if (made !== undefined) return made
    const challenge = this.#make(code, scheme, requirements, scope)
    this.#made.set(key, challenge)
    return challenge
  }

  #make(
    code: RejectionCode,
    used: TokenScheme,
    requirements: Requirements,
    scope: readonly string[],
  ): Challenge {
    const { boundTokens, metadata } = this.#options
    if (boundTokens === undefined) {
      return challengeOf(code, scope, { ...BEARER_ONLY, metadata }, requirements)
    }
    const { required, algorithms } = boundTokens
    const offered =
      required || requirements.bound ? (['DPoP'] as const) : (['Bearer', 'DPoP'] as const)
    const context = { used, offered, algorithms, metadata }
    return challengeOf(code, scope, context, requirements)
  }
}
