import { createHash, createPublicKey, randomUUID } from 'node:crypto'
import { newKey, type TestKey } from './keys.ts'
import { NOW, signJws, token } from './tokens.ts'

/** The key of a client. */
export const CLIENT_KEY = newKey('ES256')

/** The public key, without `kid`, `alg` and `use`. */
export function publicJwk({ privateKey }: TestKey) {
  return createPublicKey(privateKey).export({ format: 'jwk' })
}

/** RFC 7638, written here once more so that it does not come from what is tested. */
export function thumbprint(key: TestKey = CLIENT_KEY): string {
  const { e, n, crv, kty, x, y } = publicJwk(key)
  return sha256(JSON.stringify(kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }))
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** A token that is valid at NOW and bound to a key. */
export function boundToken(changes: Record<string, unknown> = {}, key = CLIENT_KEY): string {
  return token({ cnf: { jkt: thumbprint(key) }, ...changes })
}

export interface ProofChanges {
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly key?: TestKey
}

/** A new proof at NOW for `GET http://localhost:80/probe/protected` and a token, with changes. */
export function proofFor(
  accessToken: string | undefined,
  { claims = {}, header = {}, key = CLIENT_KEY }: ProofChanges = {},
): string {
  return signJws(
    { typ: 'dpop+jwt', alg: key.alg, jwk: publicJwk(key), ...header },
    {
      jti: randomUUID(),
      htm: 'GET',
      htu: 'http://localhost:80/probe/protected',
      iat: NOW,
      ...(accessToken !== undefined && { ath: sha256(accessToken) }),
      ...claims,
    },
    key,
  )
}
