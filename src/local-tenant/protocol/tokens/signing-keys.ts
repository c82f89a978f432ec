import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { readPrivate, writePrivate } from '../../directory/private-file.ts'

/** The key that signs, the one that will sign next, and those that signed before. */
interface KeyRing {
  readonly current: JWK
  readonly next: JWK
  readonly previous: readonly JWK[]
}

/**
 * The keys of the tenant. They outlive it: were they new at each start, servers that remember the
 * key set would refuse good tokens. A `kid` is the key's thumbprint (RFC 7638).
 */
export class SigningKeys {
  readonly #file: string
  #ring: KeyRing

  private constructor(file: string, ring: KeyRing) {
    this.#file = file
    this.#ring = ring
  }

  static async load(file: string): Promise<SigningKeys> {
    const ring = await readPrivate<KeyRing>(file, 'keys')
    if (ring !== undefined) return new SigningKeys(file, ring)
    const keys = new SigningKeys(file, {
      current: await newKey(),
      next: await newKey(),
      previous: [],
    })
    await keys.#save()
    return keys
  }

  /** What the tenant publishes (RFC 7517 §5): as real ones do, the next key long before it signs. */
  published(): { keys: JWK[] } {
    const { current, next, previous } = this.#ring
    return { keys: [current, next, ...previous].map(publicHalf) }
  }

  async sign(claims: JWTPayload, typ = 'JWT'): Promise<string> {
    return signWith(this.#ring.current, claims, typ)
  }

  /** A token that says it is signed by the current key, and is not. */
  async forge(claims: JWTPayload): Promise<string> {
    return signWith({ ...(await newKey()), kid: String(this.#ring.current.kid) }, claims)
  }

  /** The next key signs from now on, and the one before stays published. */
  async rotate(): Promise<void> {
    const { current, next, previous } = this.#ring
    this.#ring = { current: next, next: await newKey(), previous: [current, ...previous] }
    await this.#save()
  }

  /** The keys that signed before are published no longer. */
  async withdraw(): Promise<void> {
    this.#ring = { ...this.#ring, previous: [] }
    await this.#save()
  }

  #save(): Promise<void> {
    return writePrivate(this.#file, this.#ring)
  }
}

async function signWith(key: JWK, claims: JWTPayload, typ = 'JWT'): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ, kid: String(key.kid) })
    .sign(await importJWK(key, 'RS256'))
}

function publicHalf({ kty, n, e, kid }: JWK): JWK {
  return { kty, n, e, kid, use: 'sig', alg: 'RS256' } as JWK
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' }) as JWK
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) }
}
