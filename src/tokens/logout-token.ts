import { type ClientTokenExpectations, judge, readClientToken } from './client-token.ts'
import type { ClientTokenErrorCode } from './client-token-errors.ts'
import type { JsonObject } from './jws.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const TYPES: readonly unknown[] = [undefined, 'jwt', 'logout+jwt', 'application/logout+jwt']

/** Whom the tenant logged out, as a verified logout token says. */
export interface LoggedOut {
  /** The tenant's session; undefined where all sessions of the subject ended. */
  readonly sessionId: string | undefined
  readonly subject: string | undefined
  /** `jti`, good for one use. */
  readonly identifier: string
  /** `exp`: seconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Verifies a logout token (OpenID Connect Back-Channel Logout §2.6); that its identifier comes for
 * the first time is left to whoever can remember identifiers.
 *
 * @throws ClientTokenError; KeysUnavailableError where no verdict is possible now
 */
export async function verifyLogoutToken(
  token: string,
  expected: ClientTokenExpectations,
): Promise<LoggedOut> {
  const claims = await readClientToken(token, TYPES, expected)
  judge(judgeLogout(claims))
  const { sid, sub, jti, exp } = claims as LogoutClaims
  return { sessionId: sid, subject: sub, identifier: jti, expiresAt: exp }
}

interface LogoutClaims extends JsonObject {
  readonly sid?: string
  readonly sub?: string
  readonly jti: string
  readonly exp: number
}

function judgeLogout({
  sid,
  sub,
  jti,
  events,
  nonce,
}: JsonObject): ClientTokenErrorCode | undefined {
  if (nonce !== undefined) return 'nonce_present'
  if (!isObject(events) || !isObject(events[EVENT])) return 'event_missing'
  if (sid !== undefined && !isText(sid)) return 'session_malformed'
  if (sub !== undefined && !isText(sub)) return 'subject_missing'
  if (sid === undefined && sub === undefined) return 'subject_missing'
  return isText(jti) ? undefined : 'identifier_missing'
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null
}
