import { MAX_TOKEN_BYTES } from '../tokens/jws.ts'

/** What a text that is no acceptable JWS looks like. */
export type TokenKind = keyof typeof KINDS

const KINDS = {
  large: 'more than 8 KiB',
  placeholder: 'a word in the place of a token',
  refresh: 'a refresh token',
  opaque: 'one opaque segment',
  encrypted_for_tenant: 'five segments: encrypted, for the tenant alone to read',
  encrypted: 'five segments: encrypted',
  unsigned: 'two segments and no signature',
  damaged: 'three segments, at least one of them damaged',
  signed: 'three segments',
  other: 'another number of segments',
} as const

/** In words, without a character of the token. */
export function describeKind(token: string): string {
  return KINDS[kindOfToken(token)]
}

/**
 * Tells tokens apart by their shape. The vendor's opaque tokens are short texts or, of late, JWEs
 * that its own key encrypts (`alg` `dir`); its refresh tokens began with `v1.` for long.
 */
export function kindOfToken(token: string): TokenKind {
  if (token.length > MAX_TOKEN_BYTES) return 'large'
  if (/^(undefined|null|nan|true|false)$/i.test(token)) return 'placeholder'
  if (/^v1\.[\w-]+$/i.test(token)) return 'refresh'
  const segments = token.split('.')
  if (segments.length === 1) return 'opaque'
  if (segments.length === 5) return segments[1] === '' ? 'encrypted_for_tenant' : 'encrypted'
  if (segments.length === 3 && segments[2] === '') return 'unsigned'
  if (segments.length === 3) return isJws(segments) ? 'signed' : 'damaged'
  return 'other'
}

function isJws(segments: readonly string[]): boolean {
  return segments.every(
    (segment) => Buffer.from(segment, 'base64url').toString('base64url') === segment,
  )
}
