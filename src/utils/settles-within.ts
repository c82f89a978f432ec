/**
 * Waits for a promise, and no longer than a number of milliseconds.
 *
 * @returns whether it resolved in time. If not, it is not waited for, and may reject later
 * @throws what it rejects with in time
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  milliseconds: number,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, milliseconds), false)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
