import type { Result } from './result.ts'

export type CredentialsErrorCode = 'credentials_missing' | 'authorization_malformed'

/** How the `Authorization` field of a scheme looks (RFC 6750 §2.1, RFC 9449 §7.1, RFC 9110 §11.4). */
interface Scheme {
  readonly name: RegExp
  readonly credentials: RegExp
}

const BEARER: Scheme = {
  name: /^[ \t]*bearer(?![!#$%&'*+.^_`|~0-9a-z-])/i,
  credentials: /^[ \t]*bearer +([a-z0-9\-._~+/]+=*)[ \t]*$/i,
}
const DPOP: Scheme = {
  name: /^[ \t]*dpop(?![!#$%&'*+.^_`|~0-9a-z-])/i,
  credentials: /^[ \t]*dpop +([a-z0-9\-._~+/]+=*)[ \t]*$/i,
}

/**
 * Takes the bearer token from the `Authorization` fields of a request (RFC 6750 §2.1, RFC 9110
 * §11.4). No field, an empty one or another scheme means that there are no credentials. A Bearer
 * scheme without exactly one token, or several fields, is malformed.
 *
 * @param fields the value of every `Authorization` field line, in order
 */
export function bearerToken(fields: readonly string[]): Result<string, CredentialsErrorCode> {
  return tokenOf(fields, BEARER)
}

/** As `bearerToken`, for the scheme of tokens that are bound to a key (RFC 9449 §7.1). */
export function dpopToken(fields: readonly string[]): Result<string, CredentialsErrorCode> {
  return tokenOf(fields, DPOP)
}

function tokenOf(fields: readonly string[], scheme: Scheme): Result<string, CredentialsErrorCode> {
  if (fields.length > 1) return { code: 'authorization_malformed' }
  const [value = ''] = fields
  const token = scheme.credentials.exec(value)?.[1]
  if (token !== undefined) return { value: token }
  return { code: scheme.name.test(value) ? 'authorization_malformed' : 'credentials_missing' }
}

/** The token of an `Authorization` field with either scheme; empty if it has none. */
export function anyToken(field = ''): string {
  return bearerToken([field]).value ?? dpopToken([field]).value ?? ''
}
