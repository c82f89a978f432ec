import type { RejectionCode } from '../../access/challenge.ts'

/** The checks of an introspected token, in the order of the server. */
export const INTROSPECTION_CHECKS = [
  'introspection',
  'kind',
  'issuer',
  'audience',
  'times',
  'subject',
  'organization',
  'permissions',
  'scopes',
  'authentication',
] as const

type IntrospectionCheckName = (typeof INTROSPECTION_CHECKS)[number]

const CHECK_OF_CODE: Partial<Readonly<Record<RejectionCode, IntrospectionCheckName>>> = {
  type_not_allowed: 'kind',
  id_token: 'kind',
  claim_mismatch: 'kind',
  token_bound: 'kind',
  issuer_mismatch: 'issuer',
  audience_mismatch: 'audience',
  time_claim_malformed: 'times',
  token_expired: 'times',
  token_not_yet_valid: 'times',
  token_issued_in_future: 'times',
  subject_missing: 'subject',
  organization_malformed: 'organization',
  organization_missing: 'organization',
  organization_unknown: 'organization',
  organization_not_admitted: 'organization',
  permission_missing: 'permissions',
  scope_missing: 'scopes',
  authentication_insufficient: 'authentication',
}

/**
 * The result of each check of an introspected token. Only the server sees what the issuer says, so they follow from
 * its result: the checks before the one that failed have passed, and those after it were not made.
 *
 * @param serverResult why the server rejected it; undefined if it accepted it, null if it did not check it
 * @param isBindingWrong whether the reason is the scheme or the proof
 * @returns undefined for a check that passed, null for one that was not made
 */
export function introspectionResults(
  serverResult: RejectionCode | undefined | null,
  isBindingWrong: boolean,
): Map<IntrospectionCheckName, RejectionCode | undefined | null> {
  const failed = failedCheck(serverResult, isBindingWrong)
  const index =
    failed === undefined ? INTROSPECTION_CHECKS.length : INTROSPECTION_CHECKS.indexOf(failed)
  const resultOf = (position: number) => {
    if (serverResult === null || position > index) return null
    if (position < index) return undefined
    return isBindingWrong ? null : serverResult
  }
  return new Map(INTROSPECTION_CHECKS.map((name, position) => [name, resultOf(position)]))
}

function failedCheck(
  code: RejectionCode | undefined | null,
  isBindingWrong: boolean,
): IntrospectionCheckName | undefined {
  if (code === undefined || code === null || code === 'check_failed') return undefined
  // The scheme is decided before the issuer is asked, the proof after it.
  if (code === 'bound_token_required') return 'introspection'
  if (isBindingWrong) return 'organization'
  return CHECK_OF_CODE[code] ?? 'introspection'
}
