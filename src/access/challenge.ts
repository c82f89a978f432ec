import type { CredentialsErrorCode } from '../tokens/bearer.ts'
import {
  BINDING_ERRORS,
  type BindingErrorCode,
  NONCE_ERRORS,
  PROOF_ERRORS,
  type ProofErrorCode,
} from '../tokens/dpop/errors.ts'
import { TOKEN_ERRORS, type TokenErrorCode } from '../tokens/errors.ts'
import { type DenialCode, type Requirements, scopeOf } from './policy.ts'
import { authenticationParameters } from './step-up.ts'

/** Every reason for which a request is rejected. */
export type RejectionCode =
  | CredentialsErrorCode
  | 'dpop_authorization_malformed'
  | TokenErrorCode
  | BindingErrorCode
  | ProofErrorCode
  | DenialCode
  | 'check_failed'

/** The answer to a rejected request (RFC 6750 §3, §3.1). */
export interface Challenge {
  readonly status: 400 | 401 | 403
  /** The value of `WWW-Authenticate`. */
  readonly value: string
}

/** The schemes of access tokens: without a binding (RFC 6750) and with one (RFC 9449 §7.1). */
export type TokenScheme = 'Bearer' | 'DPoP'

/** What a challenge offers. */
export interface ChallengeContext {
  /** The scheme that the request used; Bearer if it used none. */
  readonly used: TokenScheme
  readonly offered: readonly TokenScheme[]
  /** The algorithms that a proof may be signed with. */
  readonly algorithms: readonly string[]
  /** The URL of the metadata (RFC 9728 §5.1), if the server has it. */
  readonly metadata?: string | undefined
}

/** Without bound tokens. */
export const BEARER_ONLY: ChallengeContext = { used: 'Bearer', offered: ['Bearer'], algorithms: [] }

/** What each rejection means, in fixed sentences. */
export const REJECTIONS: Readonly<Record<Exclude<RejectionCode, 'credentials_missing'>, string>> = {
  authorization_malformed: 'The Authorization header is not the Bearer scheme with one token.',
  dpop_authorization_malformed: 'The Authorization header is not the DPoP scheme with one token.',
  ...TOKEN_ERRORS,
  ...BINDING_ERRORS,
  ...PROOF_ERRORS,
  ...NONCE_ERRORS,
  organization_missing: 'The access token carries no organization.',
  organization_unknown: 'The organization in the access token is not known here.',
  organization_not_admitted: 'The organization in the access token is not admitted here.',
  permission_missing: 'The access token lacks a permission that is needed here.',
  scope_missing: 'The access token lacks a scope that is needed here.',
  authentication_insufficient: 'The login is not strong or not recent enough for this resource.',
  check_failed: 'The access token does not give access to this resource.',
}

/** Codes that mean: the token is good, and it does not give access here. */
const FORBIDDEN: readonly RejectionCode[] = ['permission_missing', 'scope_missing', 'check_failed']

/**
 * @param requirements of the route. The challenge names the scope for a token that lacks some of it, and for clients
 *   that follow the metadata; and how and when the user must have logged in, for a login that does not suffice.
 */
export function challengeOf(
  code: RejectionCode,
  requirements: Requirements = {},
  context = BEARER_ONLY,
): Challenge {
  const { metadata } = context
  if (code === 'credentials_missing') {
    const hint = metadata === undefined ? [] : scopeParameter(requirements)
    return { status: 401, value: schemesOf(context, hint) }
  }
  const { status, error } = kindOf(code)
  const parameters = [`error="${error}"`, `error_description="${REJECTIONS[code]}"`]
  if (code === 'permission_missing' || code === 'scope_missing') {
    parameters.push(...scopeParameter(requirements))
  }
  if (code === 'authentication_insufficient') {
    parameters.push(...authenticationParameters(requirements))
  }
  return { status, value: schemesOf(context, parameters) }
}

function scopeParameter(requirements: Requirements): string[] {
  const scope = scopeOf(requirements)
  return scope.length === 0 ? [] : [`scope="${scope.join(' ')}"`]
}

function kindOf(code: RejectionCode): { status: Challenge['status']; error: string } {
  if (code === 'authorization_malformed' || code === 'dpop_authorization_malformed') {
    return { status: 400, error: 'invalid_request' }
  }
  if (FORBIDDEN.includes(code)) return { status: 403, error: 'insufficient_scope' }
  if (code === 'authentication_insufficient') {
    return { status: 401, error: 'insufficient_user_authentication' }
  }
  if (Object.hasOwn(NONCE_ERRORS, code)) return { status: 401, error: 'use_dpop_nonce' }
  const isAboutProof = Object.hasOwn(PROOF_ERRORS, code)
  return { status: 401, error: isAboutProof ? 'invalid_dpop_proof' : 'invalid_token' }
}

/** The challenges of all schemes in one field. The error is in that of the scheme that was used. */
function schemesOf(
  { used, offered, algorithms, metadata }: ChallengeContext,
  parameters: readonly string[] = [],
): string {
  const schemeOfError = offered.includes(used) ? used : offered[0]
  const challenges = offered.map((scheme) => {
    const first = scheme === 'Bearer' ? 'Bearer realm="api"' : `DPoP algs="${algorithms.join(' ')}"`
    const last = metadata === undefined ? [] : [`resource_metadata="${metadata}"`]
    return [first, ...(scheme === schemeOfError ? parameters : []), ...last].join(', ')
  })
  return challenges.join(', ')
}
