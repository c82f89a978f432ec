/**
 * Returns a value that earlier code has made sure of.
 *
 * @param name what the value is, for the message
 * @throws Error where it is undefined after all: a bug of ours
 */
export function assertDefined<T>(value: T | undefined, name = 'value'): T {
  if (value === undefined) throw new Error(`Invariant violated: ${name} is undefined`)
  return value
}
