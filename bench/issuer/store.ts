import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/**
 * What the next run uses again, because signing 100,000 tokens takes about a minute. `iss` contains
 * the port of the issuer, so the port is stored too. The key is used only by this benchmark.
 */
export interface Store {
  readonly directory: string
  readonly privateKey: KeyObject
  /** The issuer's port in the last run; 0 if there was none. */
  readonly port: number
  /** When the tokens were issued, in seconds since the epoch. */
  readonly issuedAt: number
}

const MAX_AGE_SECONDS = 12 * 3600
/** Twice the age of the store, so that no token expires during a run. */
export const TOKEN_LIFETIME_SECONDS = 2 * MAX_AGE_SECONDS

const PREFIX = join(tmpdir(), 'messages-api-bench-')
const stateFile = (directory: string) => join(directory, 'issuer.json')

/** Opens the store of the last run, or creates one if there is none or it is too old. */
export function openStore(): Store {
  const directory = `${PREFIX}${userInfo().username}`
  try {
    const { pem, port, issuedAt } = JSON.parse(readFileSync(stateFile(directory), 'utf8'))
    if (Date.now() / 1000 - issuedAt < MAX_AGE_SECONDS) {
      return { directory, privateKey: createPrivateKey(pem), port, issuedAt }
    }
  } catch {
    // Missing or unreadable: a new store is created.
  }
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { mode: 0o700 })
  return createStore(directory)
}

/** A separate store, for when the port is in use: perhaps by a second run at the same time. */
export function temporaryStore(): Store {
  return createStore(mkdtempSync(PREFIX))
}

function createStore(directory: string): Store {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { directory, privateKey, port: 0, issuedAt: Math.floor(Date.now() / 1000) }
}

export function saveStore({ directory, privateKey, port, issuedAt }: Store): void {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(stateFile(directory), JSON.stringify({ pem, port, issuedAt }), { mode: 0o600 })
}
