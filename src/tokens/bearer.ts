import type { Result } from './result.ts'

export type CredentialsErrorCode = 'credentials_missing' | 'authorization_malformed'

const BEARER = /^[ \t]*bearer(?![!#$%&'*+.^_`|~0-9a-z-])/i
const CREDENTIALS = /^[ \t]*bearer +([a-z0-9\-._~+/]+=*)[ \t]*$/i

/**
 * Takes the bearer token from the `Authorization` fields of a request (RFC 6750 §2.1, RFC 9110
 * §11.4). No field, an empty one or another scheme means that there are no credentials. A Bearer
 * scheme without exactly one token, or several fields, is malformed.
 *
 * @param fields the value of every `Authorization` field line, in order
 */
export function bearerToken(fields: readonly string[]): Result<string, CredentialsErrorCode> {
  if (fields.length > 1) return { code: 'authorization_malformed' }
  const [value = ''] = fields
  const token = CREDENTIALS.exec(value)?.[1]
  if (token !== undefined) return { value: token }
  return { code: BEARER.test(value) ? 'authorization_malformed' : 'credentials_missing' }
}
