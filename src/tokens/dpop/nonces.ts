import { createHmac } from 'node:crypto'

/** How long one nonce is given out, in milliseconds. */
const WINDOW = 60_000
/** How long a nonce can be accepted, in milliseconds: three windows, with clocks that differ. */
export const NONCE_LIFETIME = 3 * WINDOW

/**
 * The nonces of this server (RFC 9449 §9): a time window and its HMAC, so that processes with the same
 * secrets need not store or share them. One nonce is good for many proofs.
 */
export class Nonces {
  readonly #secrets: readonly string[]
  readonly #now: () => number
  #window = NaN
  #accepted = new Map<string, 'current' | 'previous'>()
  #current = ''

  /**
   * @param secrets newest first: the first one makes the nonces, and nonces of all are accepted
   * @param now milliseconds since the epoch
   */
  constructor(secrets: readonly string[], now: () => number) {
    this.#secrets = secrets
    this.#now = now
  }

  /** The nonce that clients get now. */
  get current(): string {
    this.#update()
    return this.#current
  }

  /** Whether a nonce is accepted. For one of the previous window, the client should get a new one. */
  stateOf(nonce: string): 'current' | 'previous' | undefined {
    this.#update()
    return this.#accepted.get(nonce)
  }

  #update(): void {
    const window = Math.floor(this.#now() / WINDOW)
    if (window === this.#window) return
    this.#window = window
    this.#accepted = new Map()
    for (const secret of this.#secrets) {
      this.#accepted.set(nonceOf(window - 1, secret), 'previous')
      this.#accepted.set(nonceOf(window, secret), 'current')
      // The clock of another process may be ahead.
      this.#accepted.set(nonceOf(window + 1, secret), 'current')
    }
    this.#current = nonceOf(window, String(this.#secrets[0]))
  }
}

/** A name for a secret by which processes can be compared. It tells nothing about a random secret. */
export function fingerprintOf(secret: string): string {
  return createHmac('sha256', secret).update('dpop-nonce-fingerprint').digest('hex').slice(0, 8)
}

function nonceOf(window: number, secret: string): string {
  const time = Buffer.alloc(4)
  time.writeUInt32BE(window)
  const mac = createHmac('sha256', secret).update('dpop-nonce').update(time).digest()
  return Buffer.concat([time, mac.subarray(0, 16)]).toString('base64url')
}
