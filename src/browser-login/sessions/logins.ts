import { randomBytes } from 'node:crypto'
import type { Identity } from '../../tokens/id-token.ts'
import type { TokenSet } from '../tenant/tenant-client.ts'
import { type EncryptedRecords, storeKey } from './encrypted-records.ts'
import type { Store } from './store.ts'

/** Logins of one person, in all their browsers. */
const MAX_LOGINS = 100
/** Longer than it takes to redeem a code. */
const LOGOUT_TTL_MS = 60_000

/** A person who is logged in. */
export interface Login {
  /** Random, and known only to the server. */
  readonly id: string
  readonly identity: Identity
  readonly idToken: string
  readonly tokens: TokenSet
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** What a renewal changes. */
export type Renewed = Pick<Login, 'identity' | 'idToken' | 'tokens'>

/** Which logins a logout ends: those of one session at the tenant, or all of one subject. */
export type LogoutScope = { readonly sessionId: string } | { readonly subject: string }

export interface LoginsOptions {
  readonly store: Store
  readonly records: EncryptedRecords
  /** How long a login lasts without a request. */
  readonly idleTimeoutMs: number
  /** How long a login lasts at most. */
  readonly maxAgeMs: number
  /** Called with the tokens of a login that ended by itself: nobody will use them any more. */
  readonly onUnused: (tokens: TokenSet) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * The logins. Each is a record of its own and not part of the browser's session, because
 * @fastify/session saves the whole session at the end of each request. A slow request would
 * restore a login that has ended, or tokens that were already used:
 * https://github.com/SerayaEryn/fastify-session/issues/237
 */
export class Logins {
  readonly #options: LoginsOptions

  constructor(options: LoginsOptions) {
    this.#options = options
  }

  /**
   * Begins a login. A logout of the same person or session that arrived in the meantime wins.
   *
   * @param redeemedAt when its code was sent to the tenant, in milliseconds since the epoch
   * @returns undefined if a logout arrived since then
   */
  async begin(
    identity: Identity,
    idToken: string,
    tokens: TokenSet,
    redeemedAt: number,
  ): Promise<Login | undefined> {
    const { records, now } = this.#options
    const id = randomBytes(32).toString('base64url')
    const login = { id, identity, idToken, tokens, startedAt: now() }
    await records.put('login', id, login, this.#remainingMs(login))
    for (const index of indexesOf(login)) await this.#addToIndex(index, storeKey('login', id))
    // Only now: a logout that is not found here finds the login in the index.
    for (const index of indexesOf(login)) {
      if (await this.#isLoggedOut(index, redeemedAt)) {
        await this.end(login)
        return undefined
      }
    }
    return login
  }

  /** Finds a login, and restarts its idle timeout. */
  async find(id: string): Promise<Login | undefined> {
    const { records } = this.#options
    const remainingMs = (login: Login) => this.#remainingMs(login)
    const login = await records.findAndTouch<Login>('login', id, remainingMs)
    if (login === undefined || remainingMs(login) > 0) return login
    await this.expire(login)
    return undefined
  }

  /** Saves what a renewal changes. Returns undefined if the login has ended in the meantime. */
  async update(login: Login, renewed: Renewed): Promise<Login | undefined> {
    const updated = { ...login, ...renewed }
    const remainingMs = this.#remainingMs(login)
    const exists = await this.#options.records.replace('login', login.id, updated, remainingMs)
    if (exists) return updated
    this.discard(renewed.tokens)
    return undefined
  }

  async end(login: Login): Promise<void> {
    const { store } = this.#options
    const key = storeKey('login', login.id)
    await store.delete([key])
    for (const index of indexesOf(login)) await store.removeMembers(index, [key])
  }

  /** Ends a login that can no longer be used. */
  async expire(login: Login): Promise<void> {
    await this.end(login)
    this.discard(login.tokens)
  }

  /** Gives up tokens that belong to no login. */
  discard(tokens: TokenSet): void {
    this.#options.onUnused(tokens)
  }

  async endAll(scope: LogoutScope): Promise<void> {
    const { store, now } = this.#options
    const index = indexOf(scope)
    await store.set(storeKey('logout', index), String(now()), LOGOUT_TTL_MS)
    const members = await store.members(index)
    await this.#takeAll(members)
    // Not the index itself: a new login may have been added in the meantime.
    await store.removeMembers(index, members)
  }

  async #isLoggedOut(index: string, since: number): Promise<boolean> {
    const loggedOutAt = await this.#options.store.get(storeKey('logout', index))
    return loggedOutAt !== undefined && Number(loggedOutAt) >= since
  }

  /** Beyond the limit, the oldest login ends. */
  async #addToIndex(index: string, key: string): Promise<void> {
    const { store, maxAgeMs } = this.#options
    const count = await store.addMember(index, key, maxAgeMs)
    if (count > MAX_LOGINS) await this.#takeAll(await store.takeOldest(index))
  }

  /** @param keys of records; most of those that are missing have expired */
  async #takeAll(keys: readonly string[]): Promise<void> {
    const { records } = this.#options
    const logins = await Promise.all(keys.map((key) => records.takeKey<Login>(key)))
    for (const login of logins) if (login !== undefined) this.discard(login.tokens)
  }

  #remainingMs({ startedAt }: Login): number {
    const { idleTimeoutMs, maxAgeMs, now } = this.#options
    return Math.min(idleTimeoutMs, startedAt + maxAgeMs - now())
  }
}

function indexesOf({ identity: { subject, sessionId } }: Login): string[] {
  const bySubject = indexOf({ subject })
  return sessionId === undefined ? [bySubject] : [bySubject, indexOf({ sessionId })]
}

function indexOf(scope: LogoutScope): string {
  return 'sessionId' in scope ? storeKey('sid', scope.sessionId) : storeKey('sub', scope.subject)
}
