import type { CredentialsErrorCode } from '../tokens/bearer.ts'
import { TOKEN_ERRORS, type TokenErrorCode } from '../tokens/errors.ts'
import type { OrganizationErrorCode } from './organizations.ts'

/** Every reason for which a request is rejected. */
export type RejectionCode =
  | CredentialsErrorCode
  | TokenErrorCode
  | OrganizationErrorCode
  | 'permission_missing'

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
}

/**
 * @param permissions all permissions that the route requires; listed where one of them is missing
 */
export function challengeOf(code: RejectionCode, permissions: readonly string[] = []): Challenge {
  if (code === 'credentials_missing') return { status: 401, value: 'Bearer realm="api"' }
  const description = DESCRIPTIONS[code]
  if (code === 'authorization_malformed') {
    return { status: 400, value: challenge('invalid_request', description) }
  }
  if (code === 'permission_missing') {
    const value = challenge('insufficient_scope', description)
    return { status: 403, value: `${value}, scope="${permissions.join(' ')}"` }
  }
  return { status: 401, value: challenge('invalid_token', description) }
}

/** The reason for a challenge of this API, whose sentences are unique. */
export function refusalIn(challenge: string): RejectionCode | undefined {
  const description = /error_description="([^"]*)"/.exec(challenge)?.[1]
  if (description === undefined) return 'credentials_missing'
  const codes = Object.entries(DESCRIPTIONS) as [RejectionCode, string][]
  return codes.find(([, sentence]) => sentence === description)?.[0]
}

function challenge(error: string, description: string): string {
  return `Bearer realm="api", error="${error}", error_description="${description}"`
}
