import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { assertDefined } from '../../utils/assert-defined.ts'
import type { Store } from './store.ts'

/** Length of the initialization vector (NIST SP 800-38D §8.2.2). */
const IV_BYTES = 12
/** Length of the authentication tag. */
const TAG_BYTES = 16

/**
 * Records that are unreadable to anyone with access to the store: names are hashed, and values are
 * encrypted (AES-256-GCM) under a key derived from the newest session secret. All secrets decrypt.
 * A value is bound to its name, so that two records cannot be swapped, and to the deployment that wrote
 * it, so that a login does not count at another deployment with the same secret.
 */
export class EncryptedRecords {
  readonly #store: Store
  readonly #keys: readonly Buffer[]

  /**
   * @param secrets the newest first, at least one
   * @param deployment what identifies it
   */
  constructor(store: Store, secrets: readonly string[], deployment: string) {
    this.#store = store
    this.#keys = secrets.map((secret) => deriveKey(secret, deployment))
  }

  async find<T>(kind: string, name: string): Promise<T | undefined> {
    const key = storeKey(kind, name)
    return this.#decrypt<T>(key, await this.#store.get(key))?.record
  }

  /**
   * Finds a record and sets a new time to live. One that was encrypted with an older secret is
   * encrypted with the newest, unless it was changed in the meantime.
   *
   * @param ttlMs computes the time to live; a record for which it is 0 or less stays as it is
   */
  async findAndTouch<T>(
    kind: string,
    name: string,
    ttlMs: (record: T) => number,
  ): Promise<T | undefined> {
    const key = storeKey(kind, name)
    const value = await this.#store.get(key)
    const found = this.#decrypt<T>(key, value)
    if (found === undefined) return undefined
    const { record, isOld } = found
    const ttl = ttlMs(record)
    if (ttl > 0 && isOld) {
      await this.#store.swap(key, String(value), this.#encrypt(key, record), ttl)
    } else if (ttl > 0) await this.#store.touch(key, ttl)
    return record
  }

  async put(kind: string, name: string, record: unknown, ttlMs: number): Promise<void> {
    const key = storeKey(kind, name)
    await this.#store.set(key, this.#encrypt(key, record), ttlMs)
  }

  /** Replaces a record if it exists, and returns whether it did. */
  async replace(kind: string, name: string, record: unknown, ttlMs: number): Promise<boolean> {
    const key = storeKey(kind, name)
    return this.#store.replace(key, this.#encrypt(key, record), ttlMs)
  }

  /** Finds and deletes a record. */
  async take<T>(kind: string, name: string): Promise<T | undefined> {
    return this.takeKey<T>(storeKey(kind, name))
  }

  /** Finds and deletes the record of a `storeKey`. */
  async takeKey<T>(key: string): Promise<T | undefined> {
    return this.#decrypt<T>(key, await this.#store.take(key))?.record
  }

  #encrypt(key: string, record: unknown): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', assertDefined(this.#keys[0], 'secret'), iv)
    cipher.setAAD(Buffer.from(key))
    const text = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64')
  }

  /** @returns undefined if none of the secrets decrypts the value */
  #decrypt<T>(
    key: string,
    value: string | undefined,
  ): { readonly record: T; readonly isOld: boolean } | undefined {
    if (value === undefined) return undefined
    const bytes = Buffer.from(value, 'base64')
    const iv = bytes.subarray(0, IV_BYTES)
    const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)
    const encrypted = bytes.subarray(IV_BYTES + TAG_BYTES)
    for (const [index, secret] of this.#keys.entries()) {
      try {
        const options = { authTagLength: TAG_BYTES }
        const decipher = createDecipheriv('aes-256-gcm', secret, iv, options)
        decipher.setAAD(Buffer.from(key)).setAuthTag(tag)
        const text = Buffer.concat([decipher.update(encrypted), decipher.final()])
        return { record: JSON.parse(text.toString()) as T, isOld: index > 0 }
      } catch {
        // Encrypted with another secret, or not a record of ours.
      }
    }
    return undefined
  }
}

/** The key of a record in the store. It does not reveal the name. */
export function storeKey(kind: string, name: string): string {
  return `${kind}:${createHash('sha256').update(name).digest('base64url')}`
}

/** The version changes with the form of the records: those of another one are not read. */
function deriveKey(secret: string, deployment: string): Buffer {
  const info = `messages-api session records 2 ${storeKey('deployment', deployment)}`
  return Buffer.from(hkdfSync('sha256', secret, '', info, 32))
}
