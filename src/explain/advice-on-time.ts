import type { Expectations } from '../tokens/access-token-rules.ts'
import type { JsonObject } from '../tokens/jws.ts'

/** A token that expired less than this ago may be good but for a clock, in seconds. */
const CLOCK_SUSPECT = 300

/** Times beyond this are milliseconds: in seconds, it is the year 5138. */
const MILLISECONDS = 1e11

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** A time span in words, in its largest unit. */
export function describeSpan(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
  const count = Math.round(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** What to do about an expired token. */
export function expiryAdvice({ exp }: JsonObject, now: number): string {
  const ago = now - Number(exp)
  const clock =
    ago < CLOCK_SUSPECT
      ? ' If it was fresh, the clock of this machine or of the tenant is wrong: run npm run doctor.'
      : ''
  return `It expired ${describeSpan(ago)} ago. Get a new one (getTokenSilently in the SDKs, or a refresh token); how long they last is set in Applications → APIs → (this API) → Settings → Maximum Access Token Lifetime.${clock}`
}

/**
 * What to do about a token from the future.
 *
 * @param time `iat` or `nbf`, in seconds since the epoch
 */
export function futureAdvice(time: unknown, now: number, { clockTolerance }: Expectations): string {
  if (Number(time) > MILLISECONDS) {
    return 'Its times are in milliseconds. Whoever signs these tokens has to write seconds since 1970.'
  }
  return `By the clock of this machine it is good only in ${describeSpan(Number(time) - now)}. One of the clocks is wrong: set this machine's by NTP and run npm run doctor; CLOCK_TOLERANCE allows for ${clockTolerance} s.`
}
