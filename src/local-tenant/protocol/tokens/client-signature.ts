import { type JWTPayload, SignJWT } from 'jose'
import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Client } from '../../directory/records.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * Signs a token for one client (an ID token or a logout token) with the algorithm of the client:
 * RS256 with the tenant's key, or HS256 with the client's secret (OpenID Connect Core §10.1).
 *
 * @param claims all claims, including `iat` and `exp`
 */
export async function signForClient(
  keys: SigningKeys,
  client: Client,
  claims: JWTPayload,
  typ?: string,
): Promise<string> {
  if (client.idTokenAlgorithm === undefined) return keys.sign(claims, typ)
  const secret = new TextEncoder().encode(assertDefined(client.secret, 'client secret'))
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: typ ?? 'JWT' }).sign(secret)
}
