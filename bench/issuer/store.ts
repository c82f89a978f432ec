import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/**
 * What one run keeps for the next: signing 100,000 tokens takes about a minute. They name the
 * issuer with its port, so the port is kept too. The key protects nothing but this bench.
 */
export interface Store {
  readonly directory: string
  readonly privateKey: KeyObject
  /** The issuer's port in the last run; 0 for none yet. */
  readonly port: number
  /** When the tokens were issued, in seconds since the epoch. */
  readonly issuedAt: number
}

/** In seconds. Tokens live twice as long, so that none expires during a run. */
const KEPT_FOR = 12 * 3600
export const TOKENS_LIVE_FOR = 2 * KEPT_FOR

const PREFIX = join(tmpdir(), 'messages-api-bench-')
const stateFile = (directory: string) => join(directory, 'issuer.json')

/** What is left of the last run, or a new key where nothing is, or not for long enough. */
export function openStore(): Store {
  const directory = `${PREFIX}${userInfo().username}`
  try {
    const { pem, port, issuedAt } = JSON.parse(readFileSync(stateFile(directory), 'utf8'))
    if (Date.now() / 1000 - issuedAt < KEPT_FOR) {
      return { directory, privateKey: createPrivateKey(pem), port, issuedAt }
    }
  } catch {
    // There is nothing, or nothing of use.
  }
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { mode: 0o700 })
  return emptyStore(directory)
}

/** One of its own, where somebody else has the port: perhaps a second run at the same time. */
export function temporaryStore(): Store {
  return emptyStore(mkdtempSync(PREFIX))
}

function emptyStore(directory: string): Store {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { directory, privateKey, port: 0, issuedAt: Math.floor(Date.now() / 1000) }
}

export function keep({ directory, privateKey, port, issuedAt }: Store): void {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(stateFile(directory), JSON.stringify({ pem, port, issuedAt }), { mode: 0o600 })
}
