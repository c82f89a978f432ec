import { generateKeyPair } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'

/** The key that signs, and its public half as the key set publishes it. */
export interface SigningKey {
  readonly kid: string
  readonly privateJwk: JWK
  readonly publicJwk: JWK
}

/**
 * The key of the last start, or a new one. Were it new each time under the same `kid`, servers that
 * remember the key set would refuse good tokens; hence it stays, and the `kid` is its thumbprint
 * (RFC 7638).
 */
export async function persistentSigningKey(file: string): Promise<SigningKey> {
  return signingKeyOf((await readJwk(file)) ?? (await createJwk(file)))
}

async function signingKeyOf(privateJwk: JWK): Promise<SigningKey> {
  const { kty, n, e } = privateJwk as { kty: string; n: string; e: string }
  const kid = await calculateJwkThumbprint({ kty, n, e })
  return { kid, privateJwk, publicJwk: { kty, n, e, kid, use: 'sig', alg: 'RS256' } }
}

async function readJwk(file: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JWK
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`The local tenant's key cannot be read. Delete ${file} for a new one.`)
  }
}

async function createJwk(file: string): Promise<JWK> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify(jwk), { mode: 0o600 })
  return jwk as JWK
}
