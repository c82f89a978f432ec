import { isText, LOGOUT_EVENT } from './claims.ts'
import {
  type ClientTokenErrorCode,
  type ClientTokenExpectations,
  verifyClientToken,
} from './client-token.ts'
import { isJsonObject, type JsonObject } from './jws.ts'
import type { Result } from './result.ts'

const TYPES = [undefined, 'jwt', 'logout+jwt', 'application/logout+jwt']

/** What a verified logout token ends. */
export interface Logout {
  /** The tenant's session; undefined where all sessions of the subject ended. */
  readonly sessionId: string | undefined
  readonly subject: string | undefined
  /** `jti`, which may be used only once. */
  readonly identifier: string
  /** `exp`: seconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Verifies a logout token (OpenID Connect Back-Channel Logout §2.6). The caller must check
 * that its identifier (`jti`) was not used before.
 *
 * @throws KeysUnavailableError where the token can be neither accepted nor rejected now
 */
export async function verifyLogoutToken(
  token: string,
  expected: ClientTokenExpectations,
): Promise<Result<Logout, ClientTokenErrorCode>> {
  const { value: claims, code: common } = await verifyClientToken(token, TYPES, expected)
  if (common !== undefined) return { code: common }
  const code = checkLogout(claims)
  if (code !== undefined) return { code }
  const { sid, sub, jti, exp } = claims as LogoutClaims
  return { value: { sessionId: sid, subject: sub, identifier: jti, expiresAt: exp } }
}

interface LogoutClaims extends JsonObject {
  readonly sid?: string
  readonly sub?: string
  readonly jti: string
  readonly exp: number
}

function checkLogout({ sid, sub, jti, events, nonce }: JsonObject) {
  if (nonce !== undefined) return 'nonce_present'
  if (!isJsonObject(events) || !isJsonObject(events[LOGOUT_EVENT])) return 'event_missing'
  if (sid !== undefined && !isText(sid)) return 'session_malformed'
  if (sub !== undefined && !isText(sub)) return 'subject_missing'
  if (sid === undefined && sub === undefined) return 'subject_missing'
  return isText(jti) ? undefined : 'identifier_missing'
}
