import type { RejectionCode } from '../access/challenge.ts'
import { checkOrganization } from '../access/organizations.ts'
import { holdsPermissions } from '../access/policy.ts'
import { RULES_AFTER_SIGNATURE, RULES_BEFORE_SIGNATURE } from '../tokens/access-token-rules.ts'
import { type DecodedToken, decodeToken } from '../tokens/jws.ts'
import { principalOf } from '../tokens/principal.ts'
import { adviceOn, decodedOrEmpty, type Situation } from './advice.ts'
import { type CheckName, describeCheck } from './expected.ts'

/** One thing that a token is judged by. */
export interface Check {
  readonly name: CheckName
  readonly outcome: 'passed' | 'failed' | 'not judged'
  readonly expected: string
  /** What the token says, as it may be shown to whoever holds it. */
  readonly found: string
  /** Why it failed. */
  readonly code?: RejectionCode
  /** What to do about it. */
  readonly advice?: string
}

/** What the server says of a token. */
export type Verdict = RejectionCode | undefined | null

/** A code where the check failed; null where it could not be judged. */
type Judgement = RejectionCode | undefined | null

/**
 * Every check by the rules of the server, in its order, those after a failure as well. What hangs on
 * the tenant's keys is known from the server's own verdict alone.
 *
 * @param verdict the code of the server's refusal; undefined where it let the call in, null where it
 *   judged nothing
 */
export function checksOf(situation: Situation, verdict: Verdict): Check[] {
  const { value: token, code } = decodeToken(situation.token)
  const judgements =
    token === undefined
      ? new Map<CheckName, Judgement>([['structure', code]])
      : judgementsOf(token, situation, verdict)
  const decoded = decodedOrEmpty(situation.token)
  return CHECKS.map((name) => {
    const judgement = judgements.has(name) ? judgements.get(name) : null
    const described = { name, ...describeCheck(name, decoded, situation) }
    if (judgement === undefined) return { ...described, outcome: 'passed' }
    if (judgement === null) return { ...described, outcome: 'not judged', found: '' }
    const advice = adviceOn(judgement, situation) as string
    return { ...described, outcome: 'failed', code: judgement, advice }
  })
}

const BEFORE = RULES_BEFORE_SIGNATURE.map(({ name }) => name as CheckName)
const AFTER = RULES_AFTER_SIGNATURE.map(({ name }) => name as CheckName)
const CHECKS: readonly CheckName[] = [
  ...new Set<CheckName>(['structure', ...BEFORE, 'key', 'signature', ...AFTER, 'permissions']),
]

function judgementsOf(
  token: DecodedToken,
  { expected, organizations, requirements, host, now }: Situation,
  verdict: Verdict,
): Map<CheckName, Judgement> {
  const judgements = new Map<CheckName, Judgement>([['structure', undefined]])
  for (const { name, check } of [...RULES_BEFORE_SIGNATURE, ...RULES_AFTER_SIGNATURE]) {
    judgements.set(name as CheckName, check(token, expected, now))
  }
  const looked = verdict !== null && BEFORE.every((name) => judgements.get(name) === undefined)
  const only = (code: RejectionCode) => (verdict === code ? code : undefined)
  judgements.set('key', looked ? only('unknown_key') : null)
  const found = looked && verdict !== 'unknown_key'
  judgements.set('signature', found ? only('signature_invalid') : null)

  const principal = principalOf(token.claims)
  const wanted = requirements.organizations
  const organization =
    judgements.get('organization') ??
    checkOrganization(principal.organization, wanted, organizations, host)
  judgements.set('organization', organization)
  const holds = holdsPermissions(principal, requirements)
  return judgements.set('permissions', holds ? undefined : 'permission_missing')
}
