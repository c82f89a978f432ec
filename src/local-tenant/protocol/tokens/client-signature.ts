import { type JWTPayload, SignJWT } from 'jose'
import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Client } from '../../directory/data.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * Signs what is meant for one client alone (ID tokens and logout tokens), with the algorithm that
 * the client is set to: RS256 with the tenant's key, or HS256 with the client's secret (OpenID
 * Connect Core §10.1).
 *
 * @param claims complete, times and all
 */
export async function signFor(
  keys: SigningKeys,
  client: Client,
  claims: JWTPayload,
  typ = 'JWT',
): Promise<string> {
  if (client.idTokenAlgorithm === undefined) return keys.sign(claims, typ)
  const secret = new TextEncoder().encode(assertDefined(client.secret, 'client secret'))
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ }).sign(secret)
}
