import type { AccessPolicy } from './policy.ts'

/** How often a route may be called. */
export interface RequestLimit {
  /** Requests in each window, 1 or more. */
  readonly max: number
  /** In seconds, from 1 to 31,536,000 (a year). A window begins with the first request. */
  readonly window: number
  /**
   * What is counted separately: the subject of the token, the client's address, or the organization
   * of the token. A token without an organization is counted by its subject. A request without a
   * token, where access is optional, is counted by its address.
   */
  readonly per: 'subject' | 'address' | 'organization'
}

const KEYS: readonly string[] = ['max', 'window', 'per']
const KINDS: readonly unknown[] = ['subject', 'address', 'organization']
const MAX_WINDOW_SECONDS = 31_536_000

/**
 * Validates a declared limit.
 *
 * @param access the policy of the route
 * @returns undefined if none is declared
 * @throws Error if the limit is malformed, or counts by a token that the route does not read
 */
export function readLimit(
  declared: unknown,
  access: AccessPolicy | undefined,
): RequestLimit | undefined {
  if (declared === undefined) return undefined
  if (typeof declared !== 'object' || declared === null)
    throw new Error('has a limit that is not an object')
  const unknown = Object.keys(declared).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw new Error(`has an unknown limit key '${unknown}'`)
  const { max, window, per } = declared as Partial<Record<keyof RequestLimit, unknown>>
  if (!isCount(max)) throw new Error('has a limit whose max is not an integer of 1 or more')
  if (!isCount(window) || window > MAX_WINDOW_SECONDS)
    throw new Error('has a limit whose window is not an integer of seconds from 1 to 31536000')
  if (!KINDS.includes(per))
    throw new Error("has a limit whose per is not 'subject', 'address' or 'organization'")
  if (access === 'public' && per !== 'address')
    throw new Error(`has a limit per ${per}, but is public and reads no token`)
  return declared as RequestLimit
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}
