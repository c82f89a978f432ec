import { randomBytes } from 'node:crypto'
import type { Identity } from '../../tokens/id-token.ts'
import type { TokenSet } from '../tenant/tenant.ts'
import { keyOf, type SealedRecords } from './sealed-records.ts'
import type { Store } from './store.ts'

/** Somebody who logged in. */
export interface Login {
  /** Known to the server alone. */
  readonly id: string
  readonly identity: Identity
  readonly idToken: string
  readonly tokens: TokenSet
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** Whose logins end: all in one session of the tenant, or all of one subject. */
export type Whose = { readonly sessionId: string } | { readonly subject: string }

export interface LoginsOptions {
  readonly store: Store
  readonly records: SealedRecords
  /** How long a login lasts without a request, in milliseconds. */
  readonly idleTimeout: number
  /** How long it lasts at most, in milliseconds. */
  readonly maxAge: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * The logins, each in a record of its own rather than in the browser's session: a session that is
 * saved late by some request brings back neither a login that has ended nor tokens that are used.
 */
export class Logins {
  readonly #options: LoginsOptions

  constructor(options: LoginsOptions) {
    this.#options = options
  }

  async begin(identity: Identity, idToken: string, tokens: TokenSet): Promise<Login> {
    const { records, now } = this.#options
    const id = randomBytes(32).toString('base64url')
    const login = { id, identity, idToken, tokens, startedAt: now() }
    // First the record, which nobody can name yet: without one, the next to enter takes it for ended.
    await records.put('login', id, login, this.#timeLeft(login))
    for (const index of indexesOf(login)) await this.#enter(index, keyOf('login', id))
    return login
  }

  /** A login that lasts, and begins to idle anew. */
  async find(id: string): Promise<Login | undefined> {
    const { records, store } = this.#options
    const login = await records.find<Login>('login', id)
    if (login === undefined) return undefined
    const left = this.#timeLeft(login)
    if (left > 0) await store.touch(keyOf('login', id), left)
    else await this.end(login)
    return left > 0 ? login : undefined
  }

  /** Gives a login new tokens; undefined where it has ended meanwhile. */
  async update(login: Login, tokens: TokenSet): Promise<Login | undefined> {
    const updated = { ...login, tokens }
    const there = await this.#options.records.replace(
      'login',
      login.id,
      updated,
      this.#timeLeft(login),
    )
    return there ? updated : undefined
  }

  async end(login: Login): Promise<void> {
    const { store } = this.#options
    const key = keyOf('login', login.id)
    await store.delete([key])
    for (const index of indexesOf(login)) await store.leave(index, [key])
  }

  async endAll(whose: Whose): Promise<void> {
    const { store } = this.#options
    const index = indexOf(whose)
    const members = await store.members(index)
    await store.delete(members)
    // Not the index itself: somebody may have entered it meanwhile.
    await store.leave(index, members)
  }

  /** Logins that have ended by themselves leave the index, so that it does not grow for ever. */
  async #enter(index: string, key: string): Promise<void> {
    const { store, maxAge } = this.#options
    const ended: string[] = []
    for (const member of await store.members(index)) {
      if ((await store.get(member)) === undefined) ended.push(member)
    }
    await store.leave(index, ended)
    await store.join(index, key, maxAge)
  }

  #timeLeft({ startedAt }: Login): number {
    const { idleTimeout, maxAge, now } = this.#options
    return Math.min(idleTimeout, startedAt + maxAge - now())
  }
}

function indexesOf({ identity: { subject, sessionId } }: Login): string[] {
  const ofSubject = indexOf({ subject })
  return sessionId === undefined ? [ofSubject] : [ofSubject, indexOf({ sessionId })]
}

function indexOf(whose: Whose): string {
  return 'sessionId' in whose ? keyOf('sid', whose.sessionId) : keyOf('sub', whose.subject)
}
