import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { readPrivate, writePrivate } from '../../../utils/private-file.ts'

interface KeyRing {
  /** Signs. */
  readonly current: JWK
  /** Signs after the next rotation. */
  readonly next: JWK
  /** Signed before. */
  readonly previous: readonly JWK[]
}

/**
 * The signing keys of the tenant. They are kept on disk: with new keys after each restart, servers
 * with a cached JWKS would reject valid tokens. A `kid` is the thumbprint of the key (RFC 7638).
 */
export class SigningKeys {
  readonly #file: string
  readonly #tokenType: string | undefined
  #ring: KeyRing

  private constructor(file: string, tokenType: string | undefined, ring: KeyRing) {
    this.#file = file
    this.#tokenType = tokenType
    this.#ring = ring
  }

  /** @param tokenType `typ` in the header of tokens; undefined for none */
  static async load(file: string, tokenType: string | undefined): Promise<SigningKeys> {
    const ring = await readPrivate<KeyRing>(file, 'keys')
    if (ring !== undefined) return new SigningKeys(file, tokenType, ring)
    const keys = new SigningKeys(file, tokenType, {
      current: await newKey(),
      next: await newKey(),
      previous: [],
    })
    await keys.#save()
    return keys
  }

  /**
   * The JWKS that the tenant publishes (RFC 7517 §5). The current key is the first. As in Auth0, the
   * next key is published before it signs.
   */
  publicJwks(): { keys: JWK[] } {
    const { current, next, previous } = this.#ring
    return { keys: [current, next, ...previous].map(toPublicJwk) }
  }

  async sign(claims: JWTPayload, typ = this.#tokenType): Promise<string> {
    return signWith(this.#ring.current, claims, typ)
  }

  /** A token with the `kid` of the current key and the signature of another key. */
  async forge(claims: JWTPayload): Promise<string> {
    const key = { ...(await newKey()), kid: String(this.#ring.current.kid) }
    return signWith(key, claims, this.#tokenType)
  }

  /** Makes the next key the current one. The old one is still published. */
  async rotate(): Promise<void> {
    const { current, next, previous } = this.#ring
    this.#ring = { current: next, next: await newKey(), previous: [current, ...previous] }
    await this.#save()
  }

  /** Removes previous keys from the JWKS. */
  async withdraw(): Promise<void> {
    this.#ring = { ...this.#ring, previous: [] }
    await this.#save()
  }

  #save(): Promise<void> {
    return writePrivate(this.#file, this.#ring)
  }
}

async function signWith(key: JWK, claims: JWTPayload, typ: string | undefined): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', ...(typ !== undefined && { typ }), kid: String(key.kid) })
    .sign(await importJWK(key, 'RS256'))
}

function toPublicJwk({ kty, n, e, kid }: JWK): JWK {
  return { kty, n, e, kid, use: 'sig', alg: 'RS256' } as JWK
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' }) as JWK
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) }
}
