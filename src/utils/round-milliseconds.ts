/** Rounds a duration to microseconds, for the log. */
export function roundMilliseconds(duration: number): number {
  return Math.round(duration * 1000) / 1000
}
