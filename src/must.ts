/** A value that is there, as something before has made sure of. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A value that was made sure of is missing.')
  return value
}
