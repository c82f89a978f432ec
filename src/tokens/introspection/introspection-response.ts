import { ownMember } from '../../utils/json-pointer.ts'
import { type Expectations, firstFailure, RULES_OF_INTROSPECTION } from '../access-token-rules.ts'
import type { TokenErrorCode } from '../errors.ts'
import type { JsonObject } from '../jws.ts'
import { confirmationOf } from '../principal.ts'
import type { Result } from '../result.ts'

/** What the issuer says about a token (RFC 7662 §2.2). */
export type Introspection =
  | { readonly active: true; readonly claims: JsonObject }
  | { readonly active: false }

/** A media type other than this one is not read, such as that of a signed response (RFC 9701). */
const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i

/** Values of `token_type` (RFC 7662 §2.2) and `token_use` (Cognito, Hydra) for an access token, in lower case. */
const ACCESS_TOKEN_TYPES: readonly unknown[] = [undefined, 'bearer', 'dpop', 'access_token']
const ACCESS_TOKEN_USES: readonly unknown[] = [undefined, 'access', 'access_token']
/** Values of `typ`: that of Keycloak, and the types of signed access tokens, in lower case. */
const ACCESS_TOKEN_KINDS: readonly unknown[] = [
  ...[undefined, 'bearer', 'dpop', 'access_token'],
  ...['jwt', 'at+jwt', 'application/at+jwt'],
]

/**
 * Reads the response of an introspection endpoint. Only `active: false` says that a token is not good. Anything
 * else than that and `active: true` is a fault of the endpoint.
 *
 * @returns undefined if it is not an introspection response
 */
export function readIntrospection(
  contentType: string | null,
  body: string,
): Introspection | undefined {
  if (contentType === null || !JSON_TYPE.test(contentType)) return undefined
  const claims = parseObject(body)
  switch (ownMember(claims, 'active')) {
    case true:
      return { active: true, claims: claims as JsonObject }
    case false:
      return { active: false }
    default:
      return undefined
  }
}

/** The `error` of an error response in JSON (RFC 6749 §5.2); undefined if there is none. */
export function readError(body: string): unknown {
  return ownMember(parseObject(body), 'error')
}

/**
 * Checks what the issuer says about an active token, by the rules for signed tokens. `iss` and `iat` may be
 * missing. A refresh token can be active too, so the kinds that issuers name are checked.
 *
 * @param now seconds since the epoch
 * @returns the claims, with `iss`
 */
export function validateIntrospection(
  response: JsonObject,
  expected: Expectations,
  now: number,
): Result<JsonObject, TokenErrorCode> {
  const claims: JsonObject = { iss: expected.issuer, ...response }
  const token = { header: {}, claims: { iat: 0, ...claims } }
  const code = checkType(response) ?? firstFailure(RULES_OF_INTROSPECTION, token, expected, now)
  return code === undefined ? { value: claims } : { code }
}

function checkType({ token_type, token_use, typ, cnf }: JsonObject): TokenErrorCode | undefined {
  const type = lowerCase(token_type)
  const isAccessToken =
    ACCESS_TOKEN_TYPES.includes(type) &&
    ACCESS_TOKEN_USES.includes(lowerCase(token_use)) &&
    ACCESS_TOKEN_KINDS.includes(lowerCase(typ))
  if (!isAccessToken) return 'type_not_allowed'
  // As a bearer token, it would be accepted without its key.
  return type === 'dpop' && confirmationOf(cnf) === undefined ? 'token_bound' : undefined
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

function parseObject(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? undefined : value
  } catch {
    return undefined
  }
}
