/** A check throws if it fails. */
export type Check = readonly [name: string, check: () => Promise<void>]

/**
 * Runs checks one after the other, and continues after one that fails. Prints the result as .ci/run reads it,
 * and sets the exit code.
 */
export async function runChecks(title: string, checks: readonly Check[]): Promise<void> {
  let failed = 0
  for (const [name, check] of checks) {
    try {
      await check()
    } catch (error) {
      failed += 1
      console.error(`${name}: ${(error as Error).message}`)
    }
  }
  console.log(`${title}: ${checks.length - failed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
