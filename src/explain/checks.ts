import type { RejectionCode } from '../access/challenge.ts'
import { checkOrganization } from '../access/organizations.ts'
import { holdsPermissions, holdsScopes } from '../access/policy.ts'
import { checkAuthentication, requiresStepUp } from '../access/step-up.ts'
import {
  claimNamesOf,
  RULES_AFTER_SIGNATURE,
  RULES_BEFORE_SIGNATURE,
} from '../tokens/access-token-rules.ts'
import { type DecodedToken, decodeToken } from '../tokens/jws.ts'
import { DEFAULT_PRINCIPAL_OPTIONS, principalOf } from '../tokens/principal.ts'
import { adviceFor, decodedOrEmpty } from './advice.ts'
import { type CheckName, describeCheck } from './check-descriptions.ts'
import { isProofCode } from './dpop/proof-advice.ts'
import { type ProofCheckName, proofChecksOf } from './dpop/proof-checks.ts'
import type { ExplanationInput } from './explanation-input.ts'
import { INTROSPECTION_CHECKS, introspectionResults } from './introspection/introspection-checks.ts'

/** One check of a token, as `explain --json` prints it. */
export interface Check {
  readonly name: CheckName | ProofCheckName
  readonly outcome: 'passed' | 'failed' | 'not checked'
  readonly expected: string
  /** The value in the token, safe to print. */
  readonly found: string
  /** Why it failed. */
  readonly code?: RejectionCode
  /** How to fix it. */
  readonly advice?: string
}

/** Why the server rejected the token; undefined if it accepted it, null if it did not check it. */
export type ServerResult = RejectionCode | undefined | null

/** Why a check failed; undefined if it passed, null if it was not made. */
type CheckResult = RejectionCode | undefined | null

/** Every check of the server, in its order: those of the proof follow those of the token itself. */
export function checksOf(input: ExplanationInput, serverResult: ServerResult): Check[] {
  const checks = tokenChecksOf(input, serverResult)
  if (input.proof === undefined) return checks
  const index = checks.findIndex(({ name }) => name === 'organization')
  return checks.toSpliced(index, 0, ...proofChecksOf(input.proof, input.now))
}

/**
 * Makes every check of a token, including those after the first failure. The checks that need the
 * tenant's keys are not repeated: their results follow from the server's.
 */
function tokenChecksOf(input: ExplanationInput, serverResult: ServerResult): Check[] {
  const isIntrospected = input.introspectionUrl !== undefined
  const results = isIntrospected
    ? new Map<CheckName, CheckResult>(introspectionResults(serverResult, isProofCode(serverResult)))
    : resultsOf(input, serverResult)
  results.set('binding', serverResult)
  const decoded = isIntrospected ? { header: {}, claims: {} } : decodedOrEmpty(input.token)
  const isMade = (name: CheckName) =>
    (name !== 'scopes' || input.requirements.scopes !== undefined) &&
    (name !== 'authentication' || requiresStepUp(input.requirements)) &&
    (name !== 'binding' || (isProofCode(serverResult) && input.proof?.inspection === undefined))
  const names = isIntrospected ? (['binding', ...INTROSPECTION_CHECKS] as const) : CHECKS
  return names.filter(isMade).map((name) => {
    const result = results.has(name) ? results.get(name) : null
    const described = describeCheck(name, decoded, input)
    const found = isIntrospected ? 'in the response of the issuer' : described.found
    const check = { name, ...described, found }
    if (result === undefined) return { ...check, outcome: 'passed' }
    if (result === null) return { ...check, outcome: 'not checked', found: '' }
    const advice = adviceFor(result, input) as string
    return { ...check, outcome: 'failed', code: result, advice }
  })
}

/** The results for a signed token. */
function resultsOf(
  input: ExplanationInput,
  serverResult: ServerResult,
): Map<CheckName, CheckResult> {
  const { value: token, code } = decodeToken(input.token)
  if (token !== undefined) return runChecks(token, input, serverResult)
  const isHeaderWrong = serverResult === 'authorization_malformed'
  return new Map<CheckName, CheckResult>([['structure', isHeaderWrong ? serverResult : code]])
}

const BEFORE = RULES_BEFORE_SIGNATURE.map(({ name }) => name as CheckName)
const AFTER = RULES_AFTER_SIGNATURE.map(({ name }) => name as CheckName)
const CHECKS: readonly CheckName[] = [
  ...new Set<CheckName>([
    'binding',
    'structure',
    ...BEFORE,
    'key',
    'signature',
    ...AFTER,
    'permissions',
    'scopes',
    'authentication',
  ]),
]

function runChecks(
  token: DecodedToken,
  { expected, organizations, requirements, host, now }: ExplanationInput,
  serverResult: ServerResult,
): Map<CheckName, CheckResult> {
  const results = new Map<CheckName, CheckResult>([['structure', undefined]])
  for (const { name, check } of [...RULES_BEFORE_SIGNATURE, ...RULES_AFTER_SIGNATURE]) {
    results.set(name as CheckName, check(token, expected, now))
  }
  // The scheme is rejected before the token is read.
  const isTokenRead = serverResult !== null && serverResult !== 'bound_token_required'
  const isKeyLookedUp = isTokenRead && BEFORE.every((name) => results.get(name) === undefined)
  const ifServerResult = (code: RejectionCode) => (serverResult === code ? code : undefined)
  results.set('key', isKeyLookedUp ? ifServerResult('unknown_key') : null)
  const isKeyFound = isKeyLookedUp && serverResult !== 'unknown_key'
  results.set('signature', isKeyFound ? ifServerResult('signature_invalid') : null)

  const principal = principalOf(token.claims, {
    ...DEFAULT_PRINCIPAL_OPTIONS,
    names: claimNamesOf(expected),
  })
  const organization =
    results.get('organization') ??
    checkOrganization(principal.organization, requirements.organizations, organizations, host)
  results.set('organization', organization)
  const hasPermissions = holdsPermissions(principal, requirements)
  results.set('permissions', hasPermissions ? undefined : 'permission_missing')
  results.set('scopes', holdsScopes(principal, requirements) ? undefined : 'scope_missing')
  const clock = { now: () => now * 1000, clockTolerance: expected.clockTolerance }
  return results.set('authentication', checkAuthentication(principal, requirements, clock))
}
