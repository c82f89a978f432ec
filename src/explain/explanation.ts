import { type RejectionCode, refusalIn } from '../access/challenge.ts'
import type { AccessPolicy } from '../access/policy.ts'
import { adviceOn, type Situation } from './advice.ts'
import { type Check, checksOf } from './checks.ts'

/** What a server answers to a call. */
export interface ServerAnswer {
  readonly status: number
  readonly message: string
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | undefined
}

export interface Explanation {
  readonly verdict: 'accepted' | 'refused' | 'undecided'
  /** What the server answered. */
  readonly answer: ServerAnswer
  /** Why it refused, or could not judge. */
  readonly code?: string
  readonly advice?: string
  /** None for a public route, which looks at no token. */
  readonly checks: readonly Check[]
}

/** What explanations are made from, whatever the token. */
export type Context = Omit<Situation, 'token' | 'requirements'>

/**
 * Explains a server's answer to a token.
 *
 * @param answer what the very server said, so that the explanation cannot disagree with it
 * @param access what the route declares
 */
export function explain(
  token: string,
  answer: ServerAnswer,
  access: AccessPolicy,
  context: Context,
): Explanation {
  if (access === 'public') return { verdict: verdictOf(answer.status), answer, checks: [] }
  const situation = { ...context, token, requirements: access }
  const verdict = verdictOf(answer.status)
  const code = codeOf(answer)
  const advice = code === undefined ? undefined : adviceOn(code, situation)
  const refusal = verdict === 'undecided' ? null : (code as RejectionCode | undefined)
  return {
    verdict,
    answer,
    ...(code !== undefined && { code }),
    ...(advice !== undefined && { advice }),
    checks: checksOf(situation, refusal),
  }
}

function verdictOf(status: number): Explanation['verdict'] {
  if (status === 200) return 'accepted'
  return [400, 401, 403, 431].includes(status) ? 'refused' : 'undecided'
}

function codeOf({ status, message, challenge }: ServerAnswer): string | undefined {
  if (challenge !== undefined) return refusalIn(challenge)
  // So large a header is turned away before anything looks into it.
  if (status === 431) return 'token_too_large'
  return message === 'Unable to verify credentials' ? 'keys_unavailable' : undefined
}
