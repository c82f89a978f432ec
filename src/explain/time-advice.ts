import type { Expectations } from '../tokens/access-token-rules.ts'
import type { JsonObject } from '../tokens/jws.ts'

/** If a token expired less than this ago, the reason may be a wrong clock. */
const CLOCK_SUSPECT_SECONDS = 300

/** A greater time is in milliseconds. In seconds, it would be the year 5138. */
const MAX_SECONDS = 1e11

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** A time span in words, in its largest unit. */
function describeSpan(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
  const count = Math.round(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/**
 * What to do about an expired token.
 *
 * @param now seconds since the epoch
 */
export function expiryAdvice({ exp }: JsonObject, now: number): string {
  const ago = now - Number(exp)
  const clock =
    ago < CLOCK_SUSPECT_SECONDS
      ? ' If it was new, the clock of this machine or of the tenant is wrong: run npm run doctor.'
      : ''
  return `It expired ${describeSpan(ago)} ago. Get a new one (getTokenSilently in the SDKs, or a refresh token). The lifetime is set in Applications → APIs → (this API) → Settings → Maximum Access Token Lifetime.${clock}`
}

/**
 * What to do about a token from the future.
 *
 * @param time `iat` or `nbf`, in seconds since the epoch
 */
export function futureAdvice(time: unknown, now: number, { clockTolerance }: Expectations): string {
  if (Number(time) > MAX_SECONDS) {
    return 'Its times are in milliseconds. The issuer of these tokens must write seconds since 1970.'
  }
  return `By the clock of this machine, it becomes valid in ${describeSpan(Number(time) - now)}. One of the clocks is wrong: synchronize this machine's with NTP and run npm run doctor. CLOCK_TOLERANCE allows ${clockTolerance} s.`
}
