/**
 * RSA keys for tests. To generate one takes up to a second, so each is generated once and kept
 * in a folder that git ignores. Delete the folder for new keys.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, type JWK } from 'jose'

const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/messages-api-test-keys')

/** The private key of this name, which is the same in all test processes. */
export function cachedRsaKey(name: string, modulusLength: number): KeyObject {
  const file = join(FOLDER, `${name}-${modulusLength}.pem`)
  try {
    return createPrivateKey(readFileSync(file))
  } catch {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength })
    mkdirSync(FOLDER, { recursive: true })
    // Test processes run side by side: a file is written whole, then put in its place.
    const unfinished = `${file}.${process.pid}`
    writeFileSync(unfinished, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    renameSync(unfinished, file)
    return privateKey
  }
}

let given = 0

/** A private key that no other caller in this process has. */
export function nextRsaKey(modulusLength: number): KeyObject {
  given += 1
  return cachedRsaKey(`key-${given}`, modulusLength)
}

/** Gives a local tenant its signing keys before its first start, so that it generates none. */
export async function writeTenantKeys(directory: string): Promise<void> {
  const file = join(directory, 'signing-keys.json')
  if (existsSync(file)) return
  const jwk = async (name: string) => {
    const key = cachedRsaKey(name, 2048).export({ format: 'jwk' }) as JWK
    return { ...key, kid: await calculateJwkThumbprint(key) }
  }
  const ring = {
    current: await jwk('tenant-current'),
    next: await jwk('tenant-next'),
    previous: [],
  }
  mkdirSync(directory, { recursive: true })
  writeFileSync(file, JSON.stringify(ring), { mode: 0o600 })
}
