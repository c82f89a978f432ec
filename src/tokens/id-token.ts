import { checkSubject, isNumericDate } from './claims.ts'
import {
  type ClientTokenErrorCode,
  type ClientTokenExpectations,
  verifyClientToken,
} from './client-token.ts'
import type { JsonObject } from './jws.ts'
import type { Result } from './result.ts'

/** What the login requested. The ID token must match it. */
export interface ExpectedLogin {
  readonly nonce: string
  /** The longest time since the person logged in, in seconds. */
  readonly maxAge: number | undefined
  /** The id (`org_…`) or the name of an organization. */
  readonly organization: string | undefined
}

/** Who logged in, from a verified ID token. */
export interface Identity {
  readonly subject: string
  /** The tenant's session, which a back-channel logout may name. */
  readonly sessionId: string | undefined
  readonly claims: JsonObject
}

/**
 * Verifies an ID token (OpenID Connect Core §3.1.3.7), with the organization in it.
 *
 * @example
 * const key = { algorithm: 'RS256', keys } as const
 * const expected = { issuer, clientId, key, clockTolerance: 5, now: Date.now }
 * const login = { nonce, maxAge: 3600, organization: 'org_a' }
 * const { value: identity, code } = await verifyIdToken(token, login, expected)
 *
 * @throws KeysUnavailableError where the token can be neither accepted nor rejected now
 */
export async function verifyIdToken(
  token: string,
  login: ExpectedLogin,
  expected: ClientTokenExpectations,
): Promise<Result<Identity, ClientTokenErrorCode>> {
  const { value: identity, code: common } = await verifyIdentity(token, expected)
  if (common !== undefined) return { code: common }
  const code =
    checkLogin(identity.claims, login, expected) ??
    checkOrganization(identity.claims, login.organization)
  return code === undefined ? { value: identity } : { code }
}

/**
 * Verifies the ID token of a renewal (OpenID Connect Core §12.2). It must be about the same person and
 * organization.
 *
 * @param previous from the ID token of the login
 * @throws KeysUnavailableError where the token can be neither accepted nor rejected now
 */
export async function verifyRenewedIdToken(
  token: string,
  previous: Identity,
  expected: ClientTokenExpectations,
): Promise<Result<Identity, ClientTokenErrorCode>> {
  const { value: renewed, code: common } = await verifyIdentity(token, expected)
  if (common !== undefined) return { code: common }
  const { nonce, org_id: organization } = renewed.claims
  if (renewed.subject !== previous.subject) return { code: 'subject_mismatch' }
  if (organization !== previous.claims['org_id']) return { code: 'organization_mismatch' }
  if (nonce !== undefined && nonce !== previous.claims['nonce']) return { code: 'nonce_mismatch' }
  return { value: { ...previous, claims: { ...renewed.claims, nonce: previous.claims['nonce'] } } }
}

async function verifyIdentity(
  token: string,
  expected: ClientTokenExpectations,
): Promise<Result<Identity, ClientTokenErrorCode>> {
  const { value: claims, code: common } = await verifyClientToken(
    token,
    [undefined, 'jwt'],
    expected,
  )
  if (common !== undefined) return { code: common }
  const code = checkPerson(claims)
  if (code !== undefined) return { code }
  const { sub, sid } = claims as { readonly sub: string; readonly sid?: string } & JsonObject
  return { value: { subject: sub, sessionId: sid, claims } }
}

function checkPerson(claims: JsonObject) {
  const { sub, sid } = claims
  const isSession = sid === undefined || typeof sid === 'string'
  return checkSubject(sub) ?? (isSession ? undefined : 'session_malformed')
}

/** A login of unknown age, or one from the future, counts as too old. */
function checkLogin(
  { nonce, auth_time: authTime }: JsonObject,
  login: ExpectedLogin,
  { clockTolerance, now }: ClientTokenExpectations,
) {
  if (nonce !== login.nonce) return 'nonce_mismatch'
  if (login.maxAge === undefined) return undefined
  if (!isNumericDate(authTime)) return 'login_too_old'
  const age = now() / 1000 - authTime
  const isFresh = age <= login.maxAge + clockTolerance && age >= -clockTolerance
  return isFresh ? undefined : 'login_too_old'
}

/** Ids are compared exactly, names without regard to case, as the tenant does. */
function checkOrganization(
  { org_id: id, org_name: name }: JsonObject,
  requested: string | undefined,
) {
  const isOptionalString = (value: unknown) => value === undefined || typeof value === 'string'
  if (!isOptionalString(id) || !isOptionalString(name)) return 'organization_malformed'
  if (requested === undefined) return undefined
  const matches = requested.startsWith('org_')
    ? id === requested
    : (name as string | undefined)?.toLowerCase() === requested.toLowerCase()
  return matches ? undefined : 'organization_mismatch'
}
