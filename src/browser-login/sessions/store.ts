/**
 * Where sessions are kept: texts under keys, each with its time to live in milliseconds. Keys look
 * like `kind:name`.
 *
 * Every method throws StoreUnavailableError where the store cannot be reached.
 */
export interface Store {
  /** What the log calls it. */
  readonly name: 'memory' | 'redis'
  /** Whether it can be reached, as far as is known. */
  readonly ready: boolean
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttl: number): Promise<void>
  /** Sets what is not there yet. Of several at once, one gets true. */
  add(key: string, value: string, ttl: number): Promise<boolean>
  /** Sets what is still there, and says whether it was. */
  replace(key: string, value: string, ttl: number): Promise<boolean>
  /** Gets and deletes. Of several at once, one gets it. */
  take(key: string): Promise<string | undefined>
  delete(keys: readonly string[]): Promise<void>
  /** Gives a key a new time to live. */
  touch(key: string, ttl: number): Promise<void>
  /** Puts a member into a set, which lives on for this time. */
  join(set: string, member: string, ttl: number): Promise<void>
  leave(set: string, members: readonly string[]): Promise<void>
  members(set: string): Promise<readonly string[]>
  close(): Promise<void>
}

/** The sessions cannot be had now (503). */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  readonly code = 'session_store_unavailable'

  constructor(options?: ErrorOptions) {
    super('The session store cannot be reached.', options)
  }
}
