/**
 * A function that calls another one at most once in an interval, such as for lines of the log. Calls in between
 * do nothing.
 *
 * @param interval in milliseconds
 */
export function atMostEvery<Args extends readonly unknown[]>(
  interval: number,
  call: (...args: Args) => void,
): (...args: Args) => void {
  let next = 0
  return (...args) => {
    const now = performance.now()
    if (now < next) return
    next = now + interval
    call(...args)
  }
}
