import { isUtf8 } from 'node:buffer'
import type { Result } from './result.ts'

/** The largest access token that is decoded: it has to fit in a header. */
export const MAX_TOKEN_BYTES = 8 * 1024

/** The JOSE header (RFC 7515 §4) or the claims (RFC 7519 §4) of a token. The types of its members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is an object of JSON, and no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A decoded token, not verified yet. */
export interface DecodedToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

/** Why a token cannot be decoded. */
export type StructureErrorCode = 'token_too_large' | 'token_malformed'

const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/**
 * Decodes a JWS in compact serialization (RFC 7515 §7.1, RFC 7519 §7.2): three base64url segments in
 * canonical form, of which the first two are JSON objects in UTF-8.
 */
export function decodeToken(
  token: string,
  maxBytes = MAX_TOKEN_BYTES,
): Result<DecodedToken, StructureErrorCode> {
  if (token.length > maxBytes) return { code: 'token_too_large' }
  const [, first = '', second = '', signature = ''] = COMPACT.exec(token) ?? []
  const header = decodeObject(first)
  const claims = decodeObject(second)
  if (header === undefined || claims === undefined || !isCanonical(signature)) {
    return { code: 'token_malformed' }
  }
  return { value: { header, claims } }
}

function decodeObject(segment: string): JsonObject | undefined {
  if (!isCanonical(segment)) return undefined
  const bytes = Buffer.from(segment, 'base64url')
  const value = isUtf8(bytes) ? parseJson(bytes.toString('utf8')) : undefined
  return isJsonObject(value) ? value : undefined
}

/** Whether base64url text without padding has no unused bits set in its last character (RFC 4648 §3.5). */
function isCanonical(segment: string): boolean {
  const last = segment.slice(-1)
  switch (segment.length % 4) {
    case 2:
      return 'AQgw'.includes(last)
    case 3:
      return 'AEIMQUYcgkosw048'.includes(last)
    default:
      return segment.length % 4 === 0
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
