import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { TenantOAuthError, TenantUnavailableError } from '../tenant/errors.ts'
import type { TenantClient, TokenSet } from '../tenant/tenant-client.ts'
import { storeKey } from './encrypted-records.ts'
import type { Login, Logins } from './logins.ts'
import type { Store } from './store.ts'

/** An access token that expires sooner is renewed before it is used. */
const MIN_REMAINING_MS = 10_000
/** How long one process may hold the lock on a login. */
const LOCK_TTL_MS = 15_000
/** How often the other processes check whether the login was renewed. */
const POLL_INTERVAL_MS = 100
const MAX_UNSAVED = 1_000

export interface TokenRenewalOptions {
  readonly store: Store
  readonly logins: Logins
  readonly tenant: Pick<TenantClient, 'renew'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Renews access tokens. A login is renewed once, even if several requests in several processes need
 * it at the same time: a tenant may revoke the whole login if a refresh token is used twice
 * (RFC 9700 §4.14.2).
 */
export class TokenRenewal {
  readonly #options: TokenRenewalOptions
  readonly #inFlight = new Map<string, Promise<Login | undefined>>()
  /** New tokens that could not be saved. */
  readonly #unsaved = new LRUCache<string, TokenSet>({ max: MAX_UNSAVED })

  constructor(options: TokenRenewalOptions) {
    this.#options = options
  }

  /**
   * Returns the login with an access token that is not about to expire.
   *
   * @returns undefined if the login has ended, or ends now because it cannot be renewed
   * @throws TenantUnavailableError, ClientRejectedError, StoreUnavailableError: the login continues
   */
  async ensureFresh(login: Login): Promise<Login | undefined> {
    if (this.#isFresh(login)) return login
    const renewal = this.#inFlight.get(login.id) ?? this.#lockAndRenew(login.id)
    this.#inFlight.set(login.id, renewal)
    try {
      return await renewal
    } finally {
      this.#inFlight.delete(login.id)
    }
  }

  async #lockAndRenew(id: string): Promise<Login | undefined> {
    const { store, logins } = this.#options
    const lock = storeKey('renewal', id)
    for (let waitedMs = 0; waitedMs < LOCK_TTL_MS; waitedMs += POLL_INTERVAL_MS) {
      const login = await logins.find(id)
      if (login === undefined || this.#isFresh(login)) return login
      if (await store.add(lock, '', LOCK_TTL_MS)) {
        return await this.#renewLocked(id).finally(() => store.delete([lock]))
      }
      await sleep(POLL_INTERVAL_MS)
    }
    throw new TenantUnavailableError()
  }

  async #renewLocked(id: string): Promise<Login | undefined> {
    const { logins } = this.#options
    // Read again: another process may have renewed it before this one got the lock.
    const login = await logins.find(id)
    if (login === undefined || this.#isFresh(login)) return login
    const tokens = this.#unsaved.get(id) ?? (await this.#requestTokens(login))
    if (tokens !== undefined) return this.#save(login, tokens)
    const current = await logins.find(id)
    if (current !== undefined && this.#isFresh(current)) return current
    await logins.end(login)
    return undefined
  }

  /** The old refresh token is used up: if the store fails, the new one must not be lost. */
  async #save(login: Login, tokens: TokenSet): Promise<Login | undefined> {
    this.#unsaved.set(login.id, tokens)
    const updated = await this.#options.logins.update(login, tokens)
    this.#unsaved.delete(login.id)
    return updated
  }

  /** @returns undefined without a refresh token, or if the tenant does not accept it any more */
  async #requestTokens({ tokens: { refreshToken } }: Login): Promise<TokenSet | undefined> {
    if (refreshToken === undefined) return undefined
    try {
      return await this.#options.tenant.renew(refreshToken)
    } catch (error) {
      if (error instanceof TenantOAuthError) return undefined
      throw error
    }
  }

  #isFresh({ tokens }: Login): boolean {
    return tokens.expiresAt - this.#options.now() > MIN_REMAINING_MS
  }
}
