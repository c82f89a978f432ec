import { createHmac, sign as cryptoSign } from 'node:crypto'
import { KEY, type TestKey } from './keys.ts'

export const ISSUER = 'https://tenant.test/'
export const AUDIENCE = 'https://api.test'

/** A segment of a JWS: a value or JSON text, encoded. */
export const encodeSegment = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A JWS with any header and any claims, valid or not. Each is a value or JSON text. */
export function signJws(header: unknown, claims: unknown, key: TestKey = KEY): string {
  const input = `${encodeSegment(header)}.${encodeSegment(claims)}`
  return `${input}.${signature(key, Buffer.from(input)).toString('base64url')}`
}

/** A JWS that is signed with a secret. */
export function signHs256(
  claims: unknown,
  secret: string | Buffer,
  header: unknown = { alg: 'HS256', typ: 'JWT' },
): string {
  const input = `${encodeSegment(header)}.${encodeSegment(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

function signature({ alg, privateKey }: TestKey, input: Buffer): Buffer {
  if (alg === 'Ed25519') return cryptoSign(null, input, privateKey)
  if (alg === 'PS256')
    return cryptoSign('sha256', input, { key: privateKey, padding: 6, saltLength: 32 })
  return cryptoSign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
}

export const NOW = 1_800_000_000

/** The claims of a token that is valid at NOW, with changes. */
export function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const good = { iss: ISSUER, aud: AUDIENCE, sub: 'auth0|1', iat: NOW - 60, exp: NOW + 3600 }
  return { ...good, permissions: [], ...changes }
}

/** A token that is valid at NOW, with changes to its claims and its header. */
export function token(
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: TestKey = KEY,
): string {
  return signJws({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header }, claims(changes), key)
}
