import { isUtf8 } from 'node:buffer'

/** The largest access token that is looked at, in bytes. */
export const MAX_TOKEN_SIZE = 8 * 1024

/** The JOSE header (RFC 7515 §4) or the claims (RFC 7519 §4) of a token: nothing is known of the values. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A token taken apart and not yet believed. */
export interface DecodedToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

/** Why a token cannot be taken apart. */
export type StructureErrorCode = 'token_too_large' | 'token_malformed'

const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/**
 * Takes a JWS in compact serialization apart (RFC 7515 §7.1, RFC 7519 §7.2): three base64url
 * segments in their one canonical spelling, of which the first two are JSON objects in UTF-8.
 *
 * @returns the code of the failure where it is none
 */
export function decodeToken(token: string): DecodedToken | StructureErrorCode {
  if (token.length > MAX_TOKEN_SIZE) return 'token_too_large'
  const [, first = '', second = '', signature = ''] = COMPACT.exec(token) ?? []
  const header = decodeHeader(first)
  const claims = decodeObject(second)
  if (header === undefined || claims === undefined) return 'token_malformed'
  return isCanonical(signature) ? { header, claims } : 'token_malformed'
}

/** The header that came last, with its segment: the tokens that a key has signed share theirs. */
let lastHeader: { readonly segment: string; readonly header: JsonObject } | undefined

function decodeHeader(segment: string): JsonObject | undefined {
  if (segment === lastHeader?.segment) return lastHeader.header
  const header = decodeObject(segment)
  if (header === undefined) return undefined
  // The segment is copied: as a part of the token's text it would keep all of that in memory.
  lastHeader = { segment: Buffer.from(segment).toString(), header: Object.freeze(header) }
  return header
}

function decodeObject(segment: string): JsonObject | undefined {
  if (!isCanonical(segment)) return undefined
  const bytes = Buffer.from(segment, 'base64url')
  const value = isUtf8(bytes) ? parseJson(bytes.toString('utf8')) : undefined
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined
}

/** Whether base64url text without padding has no stray bits in its last character (RFC 4648 §3.5). */
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
