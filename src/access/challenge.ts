import type { CredentialsErrorCode } from '../tokens/bearer.ts'
import { TOKEN_ERRORS, type TokenErrorCode } from '../tokens/errors.ts'
import type { DenialCode } from './policy.ts'

/** Every reason for which a request is rejected. */
export type RejectionCode = CredentialsErrorCode | TokenErrorCode | DenialCode | 'check_failed'

/** The answer to a rejected request (RFC 6750 §3, §3.1). */
export interface Challenge {
  readonly status: 400 | 401 | 403
  /** The value of `WWW-Authenticate`. */
  readonly value: string
}

const DESCRIPTIONS: Readonly<Record<Exclude<RejectionCode, 'credentials_missing'>, string>> = {
  authorization_malformed: 'The Authorization header is not the Bearer scheme with one token.',
  ...TOKEN_ERRORS,
  organization_missing: 'The access token carries no organization.',
  organization_unknown: 'The organization in the access token is not known here.',
  organization_not_admitted: 'The organization in the access token is not admitted here.',
  permission_missing: 'The access token lacks a permission that is needed here.',
  scope_missing: 'The access token lacks a scope that is needed here.',
  check_failed: 'The access token does not give access to this resource.',
}

/** Codes that mean: the token is good, and it does not give access here. */
const FORBIDDEN: readonly RejectionCode[] = ['permission_missing', 'scope_missing', 'check_failed']

/** @param scope everything that the route requires, for a token that lacks some of it */
export function challengeOf(code: RejectionCode, scope: readonly string[] = []): Challenge {
  if (code === 'credentials_missing') return { status: 401, value: 'Bearer realm="api"' }
  const description = DESCRIPTIONS[code]
  if (code === 'authorization_malformed') {
    return { status: 400, value: challenge('invalid_request', description) }
  }
  if (FORBIDDEN.includes(code)) {
    const value = challenge('insufficient_scope', description)
    return {
      status: 403,
      value: scope.length === 0 ? value : `${value}, scope="${scope.join(' ')}"`,
    }
  }
  return { status: 401, value: challenge('invalid_token', description) }
}

function challenge(error: string, description: string): string {
  return `Bearer realm="api", error="${error}", error_description="${description}"`
}
