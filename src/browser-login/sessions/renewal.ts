import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { TenantRefusal, TenantUnavailableError } from '../tenant/errors.ts'
import type { Tenant, TokenSet } from '../tenant/tenant.ts'
import type { Login, Logins } from './logins.ts'
import { keyOf } from './sealed-records.ts'
import type { Store } from './store.ts'

/** An access token that ends sooner is renewed first, in milliseconds: it has yet to be used. */
const LEAST_LIFETIME = 10_000
/** For how long one process may keep the others from renewing a login, in milliseconds. */
const CLAIM_LIFETIME = 15_000
/** How often the others look whether it has, in milliseconds. */
const POLL_INTERVAL = 100

export interface RenewalOptions {
  readonly store: Store
  readonly logins: Logins
  readonly tenant: Pick<Tenant, 'renew'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Keeps access tokens fresh. A login is renewed once, however many requests ask for it at the same
 * time in however many processes: a refresh token that is used twice may cost the whole login
 * (RFC 9700 §4.14.2).
 */
export class Renewal {
  readonly #options: RenewalOptions
  readonly #underway = new Map<string, Promise<Login | undefined>>()
  readonly #unsaved = new LRUCache<string, TokenSet>({ max: 1000 })

  constructor(options: RenewalOptions) {
    this.#options = options
  }

  /**
   * A login whose access token lasts a while.
   *
   * @returns undefined where the login has ended, by now at the latest
   * @throws TenantUnavailableError, StoreUnavailableError: the login goes on
   */
  async freshen(login: Login): Promise<Login | undefined> {
    if (this.#isFresh(login)) return login
    const underway = this.#underway.get(login.id) ?? this.#claimAndRenew(login.id)
    this.#underway.set(login.id, underway)
    try {
      return await underway
    } finally {
      this.#underway.delete(login.id)
    }
  }

  async #claimAndRenew(id: string): Promise<Login | undefined> {
    const { store, logins } = this.#options
    const claim = keyOf('renewal', id)
    for (let waited = 0; waited < CLAIM_LIFETIME; waited += POLL_INTERVAL) {
      const login = await logins.find(id)
      if (login === undefined || this.#isFresh(login)) return login
      if (await store.add(claim, '', CLAIM_LIFETIME)) {
        return await this.#renewClaimed(id).finally(() => store.delete([claim]))
      }
      await sleep(POLL_INTERVAL)
    }
    throw new TenantUnavailableError()
  }

  /** Another process may have renewed it between the look and the claim. */
  async #renewClaimed(id: string): Promise<Login | undefined> {
    const { logins } = this.#options
    const login = await logins.find(id)
    if (login === undefined || this.#isFresh(login)) return login
    const tokens = this.#unsaved.get(id) ?? (await this.#ask(login))
    if (tokens !== undefined) return this.#save(login, tokens)
    const now = await logins.find(id)
    if (now !== undefined && this.#isFresh(now)) return now
    await logins.end(login)
    return undefined
  }

  /** The tenant has taken the old refresh token back: where the store fails, the new one is kept here. */
  async #save(login: Login, tokens: TokenSet): Promise<Login | undefined> {
    this.#unsaved.set(login.id, tokens)
    const updated = await this.#options.logins.update(login, tokens)
    this.#unsaved.delete(login.id)
    return updated
  }

  /** @returns undefined where there is nothing to ask with, or what there is has been taken back */
  async #ask({ tokens: { refreshToken } }: Login): Promise<TokenSet | undefined> {
    if (refreshToken === undefined) return undefined
    try {
      return await this.#options.tenant.renew(refreshToken)
    } catch (error) {
      if (!(error instanceof TenantRefusal)) throw error
      // Nothing else is about this login alone (RFC 6749 §5.2).
      if (error.code !== 'invalid_grant') throw new TenantUnavailableError({ cause: error })
      return undefined
    }
  }

  #isFresh({ tokens }: Login): boolean {
    return tokens.expiresAt - this.#options.now() > LEAST_LIFETIME
  }
}
