import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { encode } from './encode.ts'
import { inParallel } from './in-parallel.ts'

const signOffThread = promisify(sign)

/** The key of a client that proves its possession with each request (DPoP, RFC 9449). */
export interface ClientKey {
  readonly privateKey: KeyObject
  readonly jwk: object
  /** RFC 7638. */
  readonly thumbprint: string
}

/** A token that is bound to the key of its client. */
export interface BoundToken {
  readonly token: string
  readonly key: ClientKey
  /** Where proofs for it are written. */
  readonly proofsFile: string
}

export function newClientKey(): ClientKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  const jwk = { crv, kty, x, y }
  return { privateKey, jwk, thumbprint: sha256(JSON.stringify(jwk)) }
}

/**
 * Signs proofs for GET requests, each with its own `jti`, in a file with one proof per line. They are as
 * old as the file: a server accepts them for about a minute.
 *
 * @param url the `htu` of all proofs
 */
export async function writeProofs(
  { token, key, proofsFile: file }: BoundToken,
  url: string,
  count: number,
): Promise<{ file: string; tokens: readonly string[] }> {
  const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk })
  const ath = sha256(token)
  const tokens = await inParallel(count, async () => {
    const iat = Math.floor(Date.now() / 1000)
    const input = `${header}.${encode({ jti: randomUUID(), htm: 'GET', htu: url, iat, ath })}`
    const options = { key: key.privateKey, dsaEncoding: 'ieee-p1363' } as const
    const signature = await signOffThread('sha256', Buffer.from(input), options)
    return `${input}.${signature.toString('base64url')}`
  })
  writeFileSync(file, `${tokens.join('\n')}\n`, { mode: 0o600 })
  return { file, tokens }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
