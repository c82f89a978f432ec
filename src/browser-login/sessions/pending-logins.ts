import { randomBytes } from 'node:crypto'
import type { Session } from 'fastify'
import type { LoginSecrets } from '../tenant/tenant.ts'
import { keyOf, type SealedRecords } from './sealed-records.ts'
import type { Store } from './store.ts'

/** How long a person may take to log in, in milliseconds. */
export const PENDING_LIFETIME = 10 * 60_000
/** How many logins one browser may have under way, one a tab. */
const MAX_PENDING = 5

/** A login that a browser began and the tenant has not answered. */
export interface PendingLogin {
  readonly secrets: LoginSecrets
  /** The path to go on to. */
  readonly returnTo: string
  /** The organization that was asked for, by id or name. */
  readonly organization: string | undefined
}

/**
 * The logins under way, each found by its state and by the browser that began it, once. They are
 * records of their own: tabs that begin at the same moment do not overwrite each other's.
 */
export class PendingLogins {
  readonly #store: Store
  readonly #records: SealedRecords

  constructor(store: Store, records: SealedRecords) {
    this.#store = store
    this.#records = records
  }

  async add(session: Session, pending: PendingLogin): Promise<void> {
    session.visitor ??= randomBytes(32).toString('base64url')
    const name = nameOf(session, pending.secrets.state)
    await this.#records.put('pending', name, pending, PENDING_LIFETIME)
    const names = [...(session.pending ?? []), name]
    const tooMany = names.slice(0, -MAX_PENDING).map((old) => keyOf('pending', old))
    await this.#store.delete(tooMany)
    session.pending = names.slice(-MAX_PENDING)
  }

  /** The login that a state stands for in this browser, for the first and last time. */
  async take(session: Session, state: string): Promise<PendingLogin | undefined> {
    if (session.visitor === undefined) return undefined
    const name = nameOf(session, state)
    session.pending = session.pending?.filter((other) => other !== name)
    return this.#records.take<PendingLogin>('pending', name)
  }
}

function nameOf({ visitor }: Session, state: string): string {
  return `${visitor} ${state}`
}
