import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Store } from './store.ts'

/** Bytes of the initialization vector and of the tag (NIST SP 800-38D §8.2.2). */
const [IV, TAG] = [12, 16]

/**
 * Records in a store that tells nothing to whoever reads it: names are hashed, values sealed
 * (AES-256-GCM) under a key derived from the newest session secret, and opened with that of any.
 * A seal holds for the one name, so that records cannot be exchanged for one another.
 */
export class SealedRecords {
  readonly #store: Store
  readonly #keys: readonly Buffer[]

  /** @param secrets the newest first, at least one */
  constructor(store: Store, secrets: readonly string[]) {
    this.#store = store
    this.#keys = secrets.map(deriveKey)
  }

  async find<T>(kind: string, name: string): Promise<T | undefined> {
    const key = keyOf(kind, name)
    return this.#open<T>(key, await this.#store.get(key))
  }

  async put(kind: string, name: string, record: unknown, ttl: number): Promise<void> {
    const key = keyOf(kind, name)
    await this.#store.set(key, this.#seal(key, record), ttl)
  }

  /** Replaces a record that is still there, and says whether it was. */
  async replace(kind: string, name: string, record: unknown, ttl: number): Promise<boolean> {
    const key = keyOf(kind, name)
    return this.#store.replace(key, this.#seal(key, record), ttl)
  }

  /** Finds a record for the last time. */
  async take<T>(kind: string, name: string): Promise<T | undefined> {
    const key = keyOf(kind, name)
    return this.#open<T>(key, await this.#store.take(key))
  }

  #seal(key: string, record: unknown): string {
    const iv = randomBytes(IV)
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0] as Buffer, iv)
    cipher.setAAD(Buffer.from(key))
    const text = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64')
  }

  /** What no key opens any more is no record. */
  #open<T>(key: string, sealed: string | undefined): T | undefined {
    if (sealed === undefined) return undefined
    const bytes = Buffer.from(sealed, 'base64')
    for (const secret of this.#keys) {
      try {
        const options = { authTagLength: TAG }
        const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, IV), options)
        decipher.setAAD(Buffer.from(key)).setAuthTag(bytes.subarray(IV, IV + TAG))
        const text = Buffer.concat([decipher.update(bytes.subarray(IV + TAG)), decipher.final()])
        return JSON.parse(text.toString()) as T
      } catch {
        // Sealed with another secret, or no seal of ours.
      }
    }
    return undefined
  }
}

/** The key of a record in the store: whoever reads it does not learn the name. */
export function keyOf(kind: string, name: string): string {
  return `${kind}:${createHash('sha256').update(name).digest('base64url')}`
}

function deriveKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'messages-api session records', 32))
}
