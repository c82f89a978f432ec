import { MAX_TOKEN_BYTES } from '../tokens/jws.ts'

/** What a token looks like, by its shape only. */
export type TokenKind = keyof typeof DESCRIPTIONS

const DESCRIPTIONS = {
  large: 'more than 8 KiB',
  not_one_token: 'several words, or characters that no token has',
  placeholder: 'a word instead of a token',
  refresh: 'a refresh token',
  opaque: 'one opaque segment',
  encrypted_for_tenant: 'five segments: encrypted, only the tenant can read it',
  encrypted: 'five segments: encrypted',
  unsigned: 'two segments and no signature',
  damaged: 'three segments, at least one of them damaged',
  signed: 'three segments',
  other: 'another number of segments',
} as const

/** Describes a token without repeating any character of it. */
export function describeTokenKind(token: string): string {
  return DESCRIPTIONS[detectTokenKind(token)]
}

/**
 * Detects the kind of a token by its shape. Auth0's opaque tokens are short texts or, more recently,
 * JWEs encrypted with its own key (`alg` `dir`). Its older refresh tokens begin with `v1.`.
 */
export function detectTokenKind(token: string): TokenKind {
  if (token.length > MAX_TOKEN_BYTES) return 'large'
  if (!ONE_TOKEN.test(token)) return 'not_one_token'
  if (/^(undefined|null|nan|true|false)$/i.test(token)) return 'placeholder'
  if (/^v1\.[\w-]+$/i.test(token)) return 'refresh'
  const segments = token.split('.')
  if (segments.length === 1) return 'opaque'
  if (segments.length === 5) return segments[1] === '' ? 'encrypted_for_tenant' : 'encrypted'
  if (segments.length === 3 && segments[2] === '') return 'unsigned'
  if (segments.length === 3) return isJws(segments) ? 'signed' : 'damaged'
  return 'other'
}

/** What a request can send as a token (RFC 6750 §2.1): others are a malformed header. */
const ONE_TOKEN = /^[\w.~+/-]+=*$/

function isJws(segments: readonly string[]): boolean {
  return segments.every(
    (segment) => Buffer.from(segment, 'base64url').toString('base64url') === segment,
  )
}
