import type { Issuer } from '../issuer.ts'
import { discoverJwksUri } from '../keys/discover-jwks-uri.ts'
import { type KeyEvent, RemoteJwks, type RemoteJwksOptions } from '../keys/remote-jwks.ts'

export interface KeySetsOptions extends Omit<RemoteJwksOptions, 'url' | 'onEvent'> {
  /** @param issuer whose key set it is */
  readonly onEvent: (event: KeyEvent, issuer: string, keys: RemoteJwks) => void
}

/**
 * The key sets (JWKS) of all trusted issuers whose tokens are verified with keys. They share nothing: one that
 * is unavailable, or for which key ids are made up, does not affect the others.
 */
export class KeySets {
  /** By issuer, the main one first. */
  readonly byIssuer: ReadonlyMap<string, RemoteJwks>
  /** Resolves when any issuer has keys for the first time; at once if there is no issuer. */
  readonly available: Promise<void>

  constructor(issuers: readonly Issuer[], { onEvent, ...options }: KeySetsOptions) {
    let onKeys: () => void
    this.available = new Promise((resolve) => {
      onKeys = resolve
      if (issuers.length === 0) resolve()
    })
    this.byIssuer = new Map(
      issuers.map(({ issuer, jwksUrl }) => {
        const url = jwksUrl ?? (() => discoverJwksUri(issuer, options.timeout))
        const report = (event: KeyEvent) => {
          onEvent(event, issuer, keys)
          if (event.event === 'keys_fetched') onKeys()
        }
        const keys: RemoteJwks = new RemoteJwks({ ...options, url, onEvent: report })
        return [issuer, keys]
      }),
    )
  }

  /** Whether any issuer has keys, if there is one. Tokens of the others are 503 until they have some. */
  get ready(): boolean {
    return this.#all.length === 0 || this.#all.some(({ ready }) => ready)
  }

  /** Starts the background fetches. */
  start(): void {
    for (const keys of this.#all) keys.start()
  }

  /** Stops the background fetches; the cached keys stay in use. */
  stop(): void {
    for (const keys of this.#all) keys.stop()
  }

  get #all(): readonly RemoteJwks[] {
    return [...this.byIssuer.values()]
  }
}
