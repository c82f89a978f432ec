import { KeysUnavailableError, TokenError } from './errors.ts'
import type { JsonObject } from './jws.ts'
import { candidatesFor, readKeySet, type VerificationKey } from './key-set.ts'

/** Where a verifier gets the tenant's keys from. */
export interface SigningKeys {
  /**
   * The keys that may have signed a token with this JOSE header, at least one.
   *
   * @throws TokenError `unknown_key`; KeysUnavailableError where the key set cannot be had
   */
  candidates(header: JsonObject): Promise<readonly VerificationKey[]>
}

export interface RemoteKeysOptions {
  /** The tenant's key set (`jwks_uri`). */
  readonly url: string
  readonly algorithms: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A key set is fetched anew when it is this old, in milliseconds. */
const MAX_AGE = 10 * 60_000
/** No two fetches begin within this time, in milliseconds, whatever key ids arrive. */
const COOLDOWN = 30_000
/** Connection, headers and body together, in milliseconds. */
const TIMEOUT = 5_000

/** The key set of a tenant, fetched when first needed, shared by all requests that wait for it. */
export function remoteKeys({ url, algorithms, now }: RemoteKeysOptions): SigningKeys {
  let keys: readonly VerificationKey[] | undefined
  let fetchedAt = -Infinity
  let attemptedAt = -Infinity
  let failure: unknown
  let attempt: Promise<void> | undefined

  async function load(): Promise<void> {
    attemptedAt = now()
    try {
      keys = readKeySet(await fetchJwks(url), algorithms).keys
      fetchedAt = now()
      failure = undefined
    } catch (error) {
      failure = error
    } finally {
      attempt = undefined
    }
  }

  function refresh(): Promise<void> {
    if (now() < attemptedAt + COOLDOWN) return attempt ?? Promise.resolve()
    attempt ??= load()
    return attempt
  }

  return {
    async candidates(header) {
      if (now() >= fetchedAt + MAX_AGE) {
        const refreshed = refresh()
        if (keys === undefined) await refreshed
      }
      const known = candidatesFor(keys ?? [], header)
      if (known.length > 0) return known
      await refresh()
      const found = candidatesFor(keys ?? [], header)
      if (found.length > 0) return found
      if (failure === undefined) throw new TokenError('unknown_key')
      const retryAfter = Math.max(1, Math.ceil((attemptedAt + COOLDOWN - now()) / 1000))
      throw new KeysUnavailableError(retryAfter, { cause: failure })
    },
  }
}

async function fetchJwks(url: string): Promise<readonly unknown[]> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  })
  if (response.status !== 200) throw new Error(`The key set answered ${response.status}.`)
  const body: unknown = await response.json()
  const keys = (body as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('The key set holds no array of keys.')
  return keys
}
