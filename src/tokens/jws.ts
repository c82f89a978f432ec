import { isUtf8 } from 'node:buffer'
import { TokenError } from './errors.ts'

/** The largest access token that is looked at, in bytes. */
export const MAX_TOKEN_SIZE = 8 * 1024

/** The JOSE header (RFC 7515 §4) or the claims (RFC 7519 §4) of a token: nothing is known of the values. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A token taken apart and not yet believed. */
export interface DecodedToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/**
 * Takes a JWS in compact serialization apart (RFC 7515 §7.1, RFC 7519 §7.2): three base64url
 * segments in their one canonical spelling, of which the first two are JSON objects in UTF-8.
 *
 * @throws TokenError `token_too_large`, `token_malformed`
 */
export function decodeToken(token: string): DecodedToken {
  if (token.length > MAX_TOKEN_SIZE) throw new TokenError('token_too_large')
  const [, header, claims, signature] = COMPACT.exec(token) ?? []
  if (!header || !claims || !signature) throw new TokenError('token_malformed')
  decodeSegment(signature)
  return { header: decodeObject(header), claims: decodeObject(claims) }
}

function decodeObject(segment: string): JsonObject {
  const value = parseJson(decodeSegment(segment))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenError('token_malformed')
  }
  return value as JsonObject
}

/** Base64url without padding, and without stray bits in the last character (RFC 4648 §3.5). */
function decodeSegment(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url')
  if (bytes.toString('base64url') !== segment) throw new TokenError('token_malformed')
  return bytes
}

function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new TokenError('token_malformed')
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new TokenError('token_malformed')
  }
}
