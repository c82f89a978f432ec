import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { ClientTokenErrorCode, ClientTokenExpectations } from '../../tokens/client-token.ts'
import { KeysUnavailableError } from '../../tokens/errors.ts'
import { verifyRenewedIdToken } from '../../tokens/id-token.ts'
import { TenantOAuthError, TenantUnavailableError } from '../tenant/errors.ts'
import type { RenewedTokens, TenantClient } from '../tenant/tenant-client.ts'
import { storeKey } from './encrypted-records.ts'
import type { Login, Logins, Renewed } from './logins.ts'
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
  /** The expected values of ID tokens. */
  readonly tokenExpectations: ClientTokenExpectations
  /** Called if the ID token of a renewal is rejected, and the login ends. */
  readonly onRejected: (code: ClientTokenErrorCode) => void
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
  /** What could not be saved. */
  readonly #unsaved = new LRUCache<string, Renewed>({ max: MAX_UNSAVED })

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
    const renewed = this.#unsaved.get(id) ?? (await this.#renew(login))
    if (renewed !== undefined) return this.#save(login, renewed)
    const current = await logins.find(id)
    if (current !== undefined && this.#isFresh(current)) return current
    await logins.expire(login)
    return undefined
  }

  /** The old refresh token is used up: if the store fails, the new one must not be lost. */
  async #save(login: Login, renewed: Renewed): Promise<Login | undefined> {
    this.#unsaved.set(login.id, renewed)
    const updated = await this.#options.logins.update(login, renewed)
    this.#unsaved.delete(login.id)
    return updated
  }

  /** @returns undefined if the login cannot be renewed */
  async #renew(login: Login): Promise<Renewed | undefined> {
    const response = await this.#requestTokens(login)
    if (response === undefined) return undefined
    const { tokens, idToken } = response
    const { identity } = login
    const withOldClaims = { identity, idToken: login.idToken, tokens }
    if (idToken === undefined) return withOldClaims
    try {
      const { tokenExpectations, onRejected, logins } = this.#options
      const { value, code } = await verifyRenewedIdToken(idToken, identity, tokenExpectations)
      if (code === undefined) return { identity: value, idToken, tokens }
      onRejected(code)
      logins.discard(tokens)
      return undefined
    } catch (error) {
      if (!(error instanceof KeysUnavailableError)) throw error
      // The tokens are good, and only the claims are those of the login.
      return withOldClaims
    }
  }

  /** @returns undefined without a refresh token, or if the tenant does not accept it any more */
  async #requestTokens({ tokens: { refreshToken } }: Login): Promise<RenewedTokens | undefined> {
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
