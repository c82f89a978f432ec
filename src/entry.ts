import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Whether a module is the program that was started, and not one that another module imports. */
export function isEntry(moduleUrl: string): boolean {
  const [, program] = process.argv
  return program !== undefined && realpathSync(program) === fileURLToPath(moduleUrl)
}

/**
 * Runs a program. What it throws is told in its message, without a stack, and ends it with exit
 * code 1.
 */
export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    fail((error as Error).message)
  }
}

/** Ends a program that cannot go on: a few words for a person, exit code 1. */
export function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}
