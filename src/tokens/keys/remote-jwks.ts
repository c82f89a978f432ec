import { reportOperation } from '../../utils/operation.ts'
import { KeysUnavailableError } from '../errors.ts'
import type { JsonObject } from '../jws.ts'
import { fetchJwks } from './fetch-jwks.ts'
import { matchingKeys, parseJwks, type UnusableKey, type VerificationKey } from './jwks.ts'

/** Where a verifier gets the tenant's keys from. */
export interface VerificationKeys {
  /**
   * The keys that may have signed a token with this JOSE header: at once where one is known,
   * otherwise after fetching the key set again. An empty list means that the tenant has no such key.
   *
   * @throws KeysUnavailableError if the key set is unavailable, so that this is not known
   */
  keysFor(header: JsonObject): readonly VerificationKey[] | Promise<readonly VerificationKey[]>
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
      /** Whether a key was added or removed since the fetch before. */
      readonly rotated: boolean
    }
  | {
      readonly event: 'keys_fetch_failed'
      readonly duration: number
      readonly error: unknown
      /** Why no key is usable, if the key set has only such keys. */
      readonly unusable: readonly UnusableKey[]
    }

/** How current the known keys are. */
export interface KeySetState {
  /** Seconds since the key set was fetched; null if it was not fetched yet. */
  readonly age: number | null
  /** Seconds for which an unknown key id does not make the server fetch the key set again. */
  readonly cooldown: number
}

/** A key that is in use. */
export interface KnownKey {
  readonly kid: string | undefined
  /** When a fetch first had it, in milliseconds of the monotonic clock: `performance.now()` in a server. */
  readonly since: number
}

/** The keys that are in use, for people. */
export interface KnownKeys {
  readonly keys: readonly KnownKey[]
  /** Seconds since the key set was fetched; null if it was not fetched yet. */
  readonly age: number | null
  /** Seconds until the next fetch; infinite before the first one has ended. */
  readonly nextFetch: number
}

/** A key set, for tools of development. */
export interface KeySetControl {
  readonly known: KnownKeys
  /** Fetches the key set now. @returns whether that succeeded */
  refresh(): Promise<boolean>
}

/** In place of a key set, for an issuer whose tokens are not verified with keys. */
export const NO_KEY_SET: KeySetControl & { readonly state: KeySetState } = {
  known: { keys: [], age: null, nextFetch: Infinity },
  state: { age: null, cooldown: 0 },
  refresh: async () => true,
}

export interface RemoteJwksOptions {
  /**
   * The URL of the issuer's key set (`jwks_uri`), or a function that finds it. It is found again after each
   * fetch that fails.
   */
  readonly url: string | (() => Promise<string>)
  readonly algorithms: readonly string[]
  readonly onEvent: (event: KeyEvent) => void
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** The age at which the key set is fetched again, in milliseconds. */
  readonly maxAge: number
  /** How long keys are used after the last successful fetch, in milliseconds. */
  readonly staleIfError: number
  /** The shortest time between two fetches that unknown key ids cause, in milliseconds. */
  readonly cooldown?: number
  /** Time-out of one fetch, in milliseconds. */
  readonly timeout: number
  /** The wait after a first failure, doubled after each further one, in milliseconds. */
  readonly retryDelay?: number
}

const MAX_RETRY_DELAY_MS = 60_000

/** The key set (JWKS) of a tenant, kept up to date in the background so that requests do not wait for it. */
export class RemoteJwks implements VerificationKeys, KeySetControl {
  readonly #options: Required<RemoteJwksOptions>
  #keys: readonly VerificationKey[] = []
  readonly #firstFetchedAt = new WeakMap<VerificationKey, number>()
  #loadedAt = -Infinity
  #attemptedAt = -Infinity
  #nextAttemptAt = Infinity
  #failures = 0
  #attempt: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #foundUrl: string | undefined
  #stopped = false

  constructor(options: RemoteJwksOptions) {
    this.#options = {
      cooldown: 30_000,
      retryDelay: 1_000,
      ...options,
    }
  }

  keysFor(header: JsonObject): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const known = matchingKeys(this.#current(), header)
    return known.length > 0 ? known : this.#fetchAndMatch(header)
  }

  isCurrent(key: VerificationKey): boolean {
    return this.#current().includes(key)
  }

  /** Whether there are keys that have not passed their stale limit. */
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

  get state(): KeySetState {
    const { age } = this
    return {
      age: age === Infinity ? null : Math.floor(age / 1000),
      cooldown: Math.max(0, Math.ceil(this.#cooldownLeft() / 1000)),
    }
  }

  get known(): KnownKeys {
    const now = this.#options.now()
    return {
      keys: this.#current().map((key) => ({
        kid: key.kid,
        since: Number(this.#firstFetchedAt.get(key)),
      })),
      age: this.state.age,
      nextFetch: Math.max(0, Math.ceil((this.#nextAttemptAt - now) / 1000)),
    }
  }

  async refresh(): Promise<boolean> {
    await this.#load()
    return this.#failures === 0
  }

  /** Starts the background fetches. */
  start(): void {
    void this.#load()
  }

  /** Stops the background fetches; the cached keys stay in use. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #current(): readonly VerificationKey[] {
    return this.age < this.#options.staleIfError ? this.#keys : []
  }

  async #fetchAndMatch(header: JsonObject): Promise<readonly VerificationKey[]> {
    if (this.#cooldownLeft() <= 0) void this.#load()
    await this.#attempt
    const found = matchingKeys(this.#current(), header)
    if (found.length > 0) return found
    if (this.ready && this.#failures === 0) return []
    const next = Math.min(this.#cooldownLeft(), this.#nextAttemptAt - this.#options.now())
    throw new KeysUnavailableError(Math.max(1, Math.ceil(next / 1000)))
  }

  #cooldownLeft(): number {
    return this.#attemptedAt + this.#options.cooldown - this.#options.now()
  }

  /** One fetch at a time, however many requests wait for it. */
  #load(): Promise<void> {
    this.#attempt ??= this.#fetch().finally(() => {
      this.#attempt = undefined
    })
    return this.#attempt
  }

  async #fetch(): Promise<void> {
    const { timeout, algorithms, now, onEvent } = this.#options
    const began = now()
    this.#attemptedAt = began
    let unusable: readonly UnusableKey[] = []
    try {
      const url = await this.#locate()
      const attributes = { 'server.address': new URL(url).hostname, 'http.request.method': 'GET' }
      const fetched = await reportOperation(
        { name: 'fetch keys', isRemote: true, attributes },
        () => fetchJwks(url, timeout),
      )
      const parsed = parseJwks(fetched, algorithms)
      const { keys } = parsed
      unusable = parsed.unusable
      if (keys.length === 0) throw new Error('The JWK Set contains no usable key')
      const rotated = this.#replace(keys)
      this.#loadedAt = now()
      this.#failures = 0
      const kids = keys.map(({ kid }) => kid)
      onEvent({ event: 'keys_fetched', duration: now() - began, keys: kids, unusable, rotated })
    } catch (error) {
      this.#failures += 1
      this.#foundUrl = undefined
      onEvent({ event: 'keys_fetch_failed', duration: now() - began, error, unusable })
    }
    this.#schedule()
  }

  async #locate(): Promise<string> {
    const { url } = this.#options
    if (typeof url === 'string') return url
    this.#foundUrl ??= await url()
    return this.#foundUrl
  }

  /** Keys that are still published stay the same objects: cached tokens refer to them. */
  #replace(keys: readonly VerificationKey[]): boolean {
    const before = this.#keys
    this.#keys = keys.map((key) => before.find((old) => isSame(old, key)) ?? key)
    for (const key of this.#keys) {
      if (!before.includes(key)) this.#firstFetchedAt.set(key, this.#options.now())
    }
    const isSameSet =
      this.#keys.length === before.length && this.#keys.every((key) => before.includes(key))
    return before.length > 0 && !isSameSet
  }

  /** Before the max age, or with backoff after a failure; jittered, so that servers do not fetch at once. */
  #schedule(): void {
    if (this.#stopped) return
    const { maxAge, retryDelay } = this.#options
    const wait =
      this.#failures === 0
        ? maxAge * 0.9
        : Math.min(retryDelay * 2 ** (this.#failures - 1), MAX_RETRY_DELAY_MS)
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
