import type { RedisStatus } from '../../redis/redis-connection.ts'

/**
 * A key-value store for sessions. Keys have the form `kind:name`, values are text, and `ttlMs` is
 * the time to live in milliseconds.
 *
 * Every method throws StoreUnavailableError if the store is unavailable.
 */
export interface Store {
  /** As logged. */
  readonly name: 'memory' | 'redis'
  /** How many records of one kind it has room for. */
  readonly capacity: number
  /** Of the connection, if there is one. */
  readonly status: RedisStatus | undefined
  /** Whether the store is connected, as far as is known. */
  readonly ready: boolean
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Sets a key if it does not exist. Atomic: only one of several concurrent calls returns true. */
  add(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Sets a key if it exists, and returns whether it did. */
  replace(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Replaces a value if it is the expected one. Atomic. */
  swap(key: string, expected: string, value: string, ttlMs: number): Promise<void>
  /** Gets and deletes a key. Atomic: only one of several concurrent calls returns the value. */
  take(key: string): Promise<string | undefined>
  delete(keys: readonly string[]): Promise<void>
  /** Sets a new time to live. */
  touch(key: string, ttlMs: number): Promise<void>
  /**
   * Adds a member to a set as its newest one, and removes those that were added longer ago than the
   * time to live.
   *
   * @returns the number of members
   */
  addMember(set: string, member: string, ttlMs: number): Promise<number>
  removeMembers(set: string, members: readonly string[]): Promise<void>
  /** The oldest first. */
  members(set: string): Promise<readonly string[]>
  /** Removes the oldest member, and returns it; an empty array if there is none. */
  takeOldest(set: string): Promise<readonly string[]>
  close(): Promise<void>
}

/** The session store is unavailable now (503). */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  readonly code = 'session_store_unavailable'

  constructor(options?: ErrorOptions) {
    super('Session store unavailable', options)
  }
}
