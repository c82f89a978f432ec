import { randomBytes } from 'node:crypto'
import type { FastifyRequest, Session } from 'fastify'
import type { StartedLogin } from '../retry.ts'
import type { LoginSecrets } from '../tenant/tenant-client.ts'
import { BegunLogins } from './begun-logins.ts'
import { type EncryptedRecords, storeKey } from './encrypted-records.ts'
import type { Store } from './store.ts'

/** How long a person may take to log in. */
export const PENDING_LOGIN_TTL_MS = 10 * 60_000
/** Pending logins per browser: one per tab. */
const MAX_PENDING = 5

/** A login that was started in a browser and is not completed. */
export interface PendingLogin extends StartedLogin {
  readonly secrets: LoginSecrets
}

/**
 * The pending logins. Each is bound to its `state` and to the browser that started it, and can be
 * taken once. They are separate records, so that tabs that start a login at the same moment do not
 * overwrite each other's in the session: https://github.com/SerayaEryn/fastify-session/issues/237
 */
export class PendingLogins {
  readonly #store: Store
  readonly #records: EncryptedRecords
  readonly #begun: BegunLogins

  constructor(store: Store, records: EncryptedRecords) {
    this.#store = store
    this.#records = records
    this.#begun = new BegunLogins(store, PENDING_LOGIN_TTL_MS)
  }

  /** @param range the network of the browser's address */
  async add(
    session: FastifyRequest['session'],
    pending: PendingLogin,
    range: string,
  ): Promise<void> {
    session.visitor ??= randomBytes(32).toString('base64url')
    const name = recordName(session, pending.secrets.state)
    await this.#begun.admit('pending', name, range)
    if (session.loginId === undefined) {
      await this.#begun.admit('visitor', session.sessionId, range)
    }
    await this.#records.put('pending', name, pending, PENDING_LOGIN_TTL_MS)
    const names = [...(session.pending ?? []), name]
    const oldest = names.slice(0, -MAX_PENDING).map((old) => storeKey('pending', old))
    await this.#store.delete(oldest)
    session.pending = names.slice(-MAX_PENDING)
  }

  /** Finds and deletes the pending login with this state in this browser. */
  async take(session: Session, state: string): Promise<PendingLogin | undefined> {
    if (session.visitor === undefined) return undefined
    const name = recordName(session, state)
    session.pending = session.pending?.filter((other) => other !== name)
    return this.#records.take<PendingLogin>('pending', name)
  }
}

function recordName({ visitor }: Session, state: string): string {
  return `${visitor} ${state}`
}
