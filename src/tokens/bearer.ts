export type BearerProblem = 'credentials_missing' | 'authorization_malformed'

export type BearerResult =
  | { readonly token: string; readonly problem?: undefined }
  | { readonly token?: undefined; readonly problem: BearerProblem }

const BEARER = /^bearer(?![!#$%&'*+.^_`|~0-9a-z-])/i
const CREDENTIALS = /^bearer +([a-z0-9\-._~+/]+=*)$/i

/**
 * Takes the bearer token from the `Authorization` fields of a request (RFC 6750 §2.1, RFC 9110
 * §11.4). No field, an empty one or another scheme means that no credentials were given; a Bearer
 * scheme without exactly one token, or several fields, is malformed.
 *
 * @param fields the value of every `Authorization` field line, in order
 */
export function bearerToken(fields: readonly string[]): BearerResult {
  if (fields.length > 1) return { problem: 'authorization_malformed' }
  const value = fields[0]?.replace(/^[ \t]+|[ \t]+$/g, '') ?? ''
  if (!BEARER.test(value)) return { problem: 'credentials_missing' }
  const token = CREDENTIALS.exec(value)?.[1]
  return token === undefined ? { problem: 'authorization_malformed' } : { token }
}
