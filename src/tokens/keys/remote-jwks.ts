import { KeysUnavailableError, TokenError } from '../errors.ts'
import type { JsonObject } from '../jws.ts'
import { fetchKeySet } from './fetch-jwks.ts'
import { candidatesFor, readKeySet, type UnusableKey, type VerificationKey } from './jwks.ts'

/** Where a verifier gets the tenant's keys from. */
export interface SigningKeys {
  /**
   * The keys that may have signed a token with this JOSE header, at least one: at once where any is
   * known, else after one more look at the key set.
   *
   * @throws TokenError `unknown_key`; KeysUnavailableError where the key set cannot be had
   */
  candidates(header: JsonObject): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
  /** Whether a key is still one of the tenant's, as far as is known. */
  isCurrent(key: VerificationKey): boolean
}

/** What happened to the key set, for logs and metrics. Durations are in milliseconds. */
export type KeyEvent =
  | {
      readonly event: 'keys_fetched'
      readonly duration: number
      readonly keys: readonly (string | undefined)[]
      readonly unusable: readonly UnusableKey[]
      /** Whether a key came or went. */
      readonly rotated: boolean
    }
  | { readonly event: 'keys_fetch_failed'; readonly duration: number; readonly error: unknown }

export interface RemoteKeysOptions {
  /** The tenant's key set (`jwks_uri`). */
  readonly url: string
  readonly algorithms: readonly string[]
  readonly onEvent: (event: KeyEvent) => void
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** The age at which a key set is fetched anew, in milliseconds. */
  readonly maxAge?: number
  /** How long keys serve after the last successful fetch, in milliseconds. */
  readonly staleIfError?: number
  /** The least time between two fetches that unknown key ids cause, in milliseconds. */
  readonly cooldown?: number
  /** For one fetch, in milliseconds. */
  readonly timeout?: number
  /** The wait after a first failure, doubled after each further one, in milliseconds. */
  readonly retryDelay?: number
}

/** No retry waits longer, in milliseconds. */
const MAX_RETRY_DELAY = 60_000

/** The key set of a tenant, kept up to date in the background so that no request waits for it. */
export class RemoteKeys implements SigningKeys {
  readonly #options: Required<RemoteKeysOptions>
  #keys: readonly VerificationKey[] = []
  #loadedAt = -Infinity
  #attemptedAt = -Infinity
  #nextAttemptAt = Infinity
  #failures = 0
  #attempt: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: RemoteKeysOptions) {
    this.#options = {
      maxAge: 10 * 60_000,
      staleIfError: 24 * 60 * 60_000,
      cooldown: 30_000,
      timeout: 5_000,
      retryDelay: 1_000,
      ...options,
    }
  }

  candidates(header: JsonObject): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const known = candidatesFor(this.#current(), header)
    return known.length > 0 ? known : this.#lookAgain(header)
  }

  isCurrent(key: VerificationKey): boolean {
    return this.#current().includes(key)
  }

  /** Whether keys are known that have not passed their stale limit. */
  get ready(): boolean {
    return this.#current().length > 0
  }

  /** Milliseconds since the last successful fetch; infinite before the first one. */
  get age(): number {
    return this.#options.now() - this.#loadedAt
  }

  /** How many keys are in use. */
  get size(): number {
    return this.#current().length
  }

  /** Begins to keep the key set up to date. */
  start(): void {
    void this.#load()
  }

  /** Ends that; keys at hand go on serving. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #current(): readonly VerificationKey[] {
    return this.age < this.#options.staleIfError ? this.#keys : []
  }

  async #lookAgain(header: JsonObject): Promise<readonly VerificationKey[]> {
    if (this.#cooldownLeft() <= 0) void this.#load()
    await this.#attempt
    const found = candidatesFor(this.#current(), header)
    if (found.length > 0) return found
    if (this.ready && this.#failures === 0) throw new TokenError('unknown_key')
    const next = Math.min(this.#cooldownLeft(), this.#nextAttemptAt - this.#options.now())
    throw new KeysUnavailableError(Math.max(1, Math.ceil(next / 1000)))
  }

  #cooldownLeft(): number {
    return this.#attemptedAt + this.#options.cooldown - this.#options.now()
  }

  /** One fetch at a time, however many ask for it. */
  #load(): Promise<void> {
    this.#attempt ??= this.#fetch().finally(() => {
      this.#attempt = undefined
    })
    return this.#attempt
  }

  async #fetch(): Promise<void> {
    const { url, timeout, algorithms, now, onEvent } = this.#options
    const began = now()
    this.#attemptedAt = began
    try {
      const { keys, unusable } = readKeySet(await fetchKeySet(url, timeout), algorithms)
      if (keys.length === 0) throw new Error('The key set holds no usable key.')
      const rotated = this.#replace(keys)
      this.#loadedAt = now()
      this.#failures = 0
      const kids = keys.map(({ kid }) => kid)
      onEvent({ event: 'keys_fetched', duration: now() - began, keys: kids, unusable, rotated })
    } catch (error) {
      this.#failures += 1
      onEvent({ event: 'keys_fetch_failed', duration: now() - began, error })
    }
    this.#schedule()
  }

  /** Keys that are still there stay the same objects, by which remembered tokens know them. */
  #replace(keys: readonly VerificationKey[]): boolean {
    const before = this.#keys
    this.#keys = keys.map((key) => before.find((old) => isSame(old, key)) ?? key)
    return this.#keys.length !== before.length || this.#keys.some((key) => !before.includes(key))
  }

  /** Ahead of the max age, or after a failure ever later; never all servers at one moment. */
  #schedule(): void {
    if (this.#stopped) return
    const { maxAge, retryDelay } = this.#options
    const wait =
      this.#failures === 0
        ? maxAge * 0.9
        : Math.min(retryDelay * 2 ** (this.#failures - 1), MAX_RETRY_DELAY)
    const jittered = wait * (0.75 + Math.random() / 4)
    this.#nextAttemptAt = this.#options.now() + jittered
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#load(), jittered).unref()
  }
}

function isSame(one: VerificationKey, other: VerificationKey): boolean {
  return (
    one.kid === other.kid &&
    one.algorithms.join() === other.algorithms.join() &&
    one.key.equals(other.key)
  )
}
