import { type ClientTokenExpectations, judge, readClientToken } from './client-token.ts'
import type { ClientTokenErrorCode } from './client-token-errors.ts'
import type { JsonObject } from './jws.ts'
import { isTime } from './rules.ts'

/** What the login that an ID token answers asked for. */
export interface ExpectedLogin {
  readonly nonce: string
  /** The most that may have passed since the person logged in, in seconds. */
  readonly maxAge: number | undefined
  /** The id (`org_…`) or the name of an organization. */
  readonly organization: string | undefined
}

/** Who logged in, as a verified ID token says. */
export interface Identity {
  readonly subject: string
  /** The tenant's session, by which a back-channel logout may name it. */
  readonly sessionId: string | undefined
  readonly claims: JsonObject
}

/**
 * Verifies an ID token (OpenID Connect Core §3.1.3.7), the organization in it included.
 *
 * @example
 * const key = { algorithm: 'RS256', keys } as const
 * const expected = { issuer, clientId, key, clockTolerance: 5, now: Date.now }
 * const { subject } = await verifyIdToken(token, { nonce, maxAge: 3600, organization: 'org_a' }, expected)
 *
 * @throws ClientTokenError; KeysUnavailableError where no verdict is possible now
 */
export async function verifyIdToken(
  token: string,
  login: ExpectedLogin,
  expected: ClientTokenExpectations,
): Promise<Identity> {
  const claims = await readClientToken(token, [undefined, 'jwt'], expected)
  judge(
    judgePerson(claims) ??
      judgeLogin(claims, login, expected) ??
      judgeOrganization(claims, login.organization),
  )
  return {
    subject: claims['sub'] as string,
    sessionId: claims['sid'] as string | undefined,
    claims,
  }
}

function judgePerson({ sub, sid }: JsonObject): ClientTokenErrorCode | undefined {
  if (typeof sub !== 'string' || sub === '') return 'subject_missing'
  return sid === undefined || typeof sid === 'string' ? undefined : 'session_malformed'
}

/** A login of unknown age, or from the future, is no fresh one. */
function judgeLogin(
  { nonce, auth_time: authTime }: JsonObject,
  { nonce: asked, maxAge }: ExpectedLogin,
  { clockTolerance, now }: ClientTokenExpectations,
): ClientTokenErrorCode | undefined {
  if (nonce !== asked) return 'nonce_mismatch'
  if (maxAge === undefined) return undefined
  if (!isTime(authTime)) return 'login_too_old'
  const age = now() / 1000 - authTime
  const fresh = age <= maxAge + clockTolerance && age >= -clockTolerance
  return fresh ? undefined : 'login_too_old'
}

/** Ids are compared to the letter; names as the tenant does, without regard to case. */
function judgeOrganization(
  { org_id: id, org_name: name }: JsonObject,
  asked: string | undefined,
): ClientTokenErrorCode | undefined {
  const isText = (value: unknown) => value === undefined || typeof value === 'string'
  if (!isText(id) || !isText(name)) return 'organization_malformed'
  if (asked === undefined) return undefined
  const same = asked.startsWith('org_')
    ? id === asked
    : (name as string | undefined)?.toLowerCase() === asked.toLowerCase()
  return same ? undefined : 'organization_mismatch'
}
