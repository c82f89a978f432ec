import { hash, type JsonWebKey } from 'node:crypto'
import type { JsonObject } from '../jws.ts'

/** The members that make a public key, in lexical order (RFC 7638 §3.2, RFC 8037 §2). */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
}

/** The members of a public key, in lexical order and without any other. */
export function publicMembers(jwk: JsonObject): JsonWebKey | undefined {
  const { kty } = jwk
  const names = typeof kty === 'string' && Object.hasOwn(MEMBERS, kty) ? MEMBERS[kty] : undefined
  if (names === undefined || !names.every((name) => typeof jwk[name] === 'string')) return undefined
  return Object.fromEntries(names.map((name) => [name, jwk[name]]))
}

/** The SHA-256 thumbprint of a key (RFC 7638) whose members are in lexical order. */
export function thumbprintOf(members: JsonWebKey): string {
  return hash('sha256', JSON.stringify(members), 'base64url')
}
